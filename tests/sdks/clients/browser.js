// A headless browser on one page, until standard input ends: browser.js CHROMIUM PAGE
"use strict";

const { chromium } = require("playwright-core");

const [executablePath, url] = process.argv.slice(2);

async function main() {
  // No sandbox: tests may run as root, and what the browser loads comes from this machine alone.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  page.on("console", (message) => console.error("console:", message.text()));
  page.on("pageerror", (error) => {
    console.error("page:", error);
    process.exitCode = 1;
  });
  page.on("requestfailed", (request) => console.error("failed:", request.url(), request.failure()?.errorText));
  await page.goto(url);
  process.stdin.resume();
  await new Promise((ended) => process.stdin.on("end", ended));
  await browser.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
