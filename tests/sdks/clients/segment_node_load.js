// Load by Segment's SDK for Node: segment_node_load.js URL KEY PREFIX EVENTS CUSTOMERS SECONDS
// Prints the ids of the messages that the SDK delivered, by its own word, and those that it gave up.
"use strict";

const { setTimeout: sleep } = require("node:timers/promises");
const { Analytics } = require("@segment/analytics-node");

const [host, writeKey, prefix, events, customers, seconds] = process.argv.slice(2);

async function main() {
  const analytics = new Analytics({ writeKey, host, flushAt: 20, flushInterval: 100 });
  analytics.on("error", () => {});
  const delivered = [];
  const failed = [];
  for (let number = 0; number < Number(events); number += 1) {
    const messageId = `${prefix}-${number}`;
    const userId = `${prefix}-${number % Number(customers)}`;
    const properties = { revenue: 1, currency: "EUR" };
    analytics.track({ userId, event: "Order Completed", properties, messageId }, (error) =>
      (error ? failed : delivered).push(messageId),
    );
    await sleep((Number(seconds) * 1000) / Number(events));
  }
  await analytics.closeAndFlush({ timeout: 120_000 });
  console.log(JSON.stringify({ delivered, failed }));
}

main();
