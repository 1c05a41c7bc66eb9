"""Paper: pages and charts that can be sent to somebody, with nothing to be fetched."""
