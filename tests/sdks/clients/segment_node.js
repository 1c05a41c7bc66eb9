// Segment's SDK for Node: segment_node.js URL KEY USER VISITOR AT
"use strict";

const { Analytics } = require("@segment/analytics-node");

const [host, writeKey, userId, anonymousId, at] = process.argv.slice(2);

async function main() {
  const analytics = new Analytics({ writeKey, host });
  analytics.on("error", (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  analytics.page({ anonymousId, name: "Home" });
  analytics.identify({ userId, anonymousId, traits: { plan: "pro" } });
  const properties = { revenue: 42.5, currency: "EUR" };
  analytics.track({ userId, event: "Order Completed", properties, timestamp: new Date(at) });
  analytics.track({ userId, event: "Ticket Created" });
  await analytics.closeAndFlush({ timeout: 60_000 });
}

main();
