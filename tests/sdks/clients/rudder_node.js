// RudderStack's SDK for Node: rudder_node.js URL KEY USER VISITOR AT
"use strict";

const RudderAnalytics = require("@rudderstack/rudder-sdk-node");

const [dataPlaneUrl, key, userId, anonymousId, at] = process.argv.slice(2);

function fail(error) {
  if (error) {
    console.error(error.message);
    process.exit(1);
  }
}

async function main() {
  const client = new RudderAnalytics(key, { dataPlaneUrl, logLevel: "error", errorHandler: fail });
  const answered = [
    new Promise((done) => client.page({ anonymousId, name: "Home" }, done)),
    new Promise((done) => client.identify({ userId, anonymousId, traits: { plan: "pro" } }, done)),
    new Promise((done) => {
      const properties = { revenue: 42.5, currency: "EUR" };
      client.track({ userId, event: "Order Completed", properties, timestamp: new Date(at) }, done);
    }),
    new Promise((done) => client.track({ userId, event: "Ticket Created" }, done)),
  ];
  await client.flush();
  (await Promise.all(answered)).forEach(fail);
}

main().catch(fail);
