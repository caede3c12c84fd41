// A Bluesky network of its own: identities (PLC), two PDS (the second one with its rate limits on), and an AppView.
//
//   node --require ./loopback.cjs atproto.mjs PARTS migrate|serve CONTROL
//
// PARTS is the folder with node_modules, CONTROL the path of a Unix socket. DB_POSTGRES_URL names an empty database,
// which `migrate` prepares once and for all. `serve` prints its addresses as one line of JSON and then lives for as
// long as somebody is connected to CONTROL and standard input is open. On CONTROL, one line of JSON asks for something and
// one line answers: {"do": "settle"} waits until the AppView has seen all that was written.

import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

const [parts, what, control] = process.argv.slice(2);
const database = process.env.DB_POSTGRES_URL;
const WAITS_FOR_THE_FIRST_MS = 60_000;

const load = (name) => import(pathToFileURL(path.join(parts, "node_modules", "@atproto", name, "dist", "index.js")));

async function migrate() {
  const bsky = await load("bsky");
  const appview = new bsky.Database({ url: database, schema: "appview" });
  await appview.migrateToLatestOrThrow();
  await appview.close();
  const bsync = await load("bsync");
  const config = bsync.envToCfg({ port: 0, apiKeys: ["key"], dbUrl: database, dbSchema: "bsync", dbPoolSize: 2 });
  const service = await bsync.BsyncService.create(config);
  await service.ctx.db.migrateToLatestOrThrow();
  await service.destroy();
}

async function serve() {
  const { TestPlc, TestPds, TestBsky, TestBsync, mockNetworkUtilities } = await load("dev-env");
  const { default: getPort } = await import(
    pathToFileURL(path.join(parts, "node_modules", "@atproto", "dev-env", "dist", "get-port.js"))
  );
  const plc = await TestPlc.create({});
  const apiKey = "bsync-api-key";
  const bsync = await TestBsync.create({ apiKeys: [apiKey], dbUrl: database, dbSchema: "bsync" });
  const pdsPort = await getPort();
  const bsky = await TestBsky.create({
    plcUrl: plc.url,
    pdsPort,
    repoProvider: `ws://localhost:${pdsPort}`,
    bsyncApiKey: apiKey,
    bsyncUrl: bsync.url,
    dbPostgresUrl: database,
    dbPostgresSchema: "appview",
    migration: undefined,
  });
  bsync.ctx.dataplaneClients = [bsky.ctx.dataplane];
  const common = { didPlcUrl: plc.url, bskyAppViewUrl: bsky.url, bskyAppViewDid: bsky.ctx.cfg.serverDid };
  const pds = await TestPds.create({ ...common, port: pdsPort });
  const limited = await TestPds.create({ ...common, rateLimitsEnabled: true, serviceHandleDomains: [".limited.test"] });
  mockNetworkUtilities(pds, bsky);
  const settle = async () => {
    await pds.processAll();
    const last = await pds.ctx.sequencer.curr();
    for (let tries = 0; tries < 400; tries += 1) {
      await bsky.sub.processAll();
      const seen = await bsky.sub.getCursor();
      if (!last || (seen && seen >= last)) return true;
      await new Promise((done) => setTimeout(done, 10));
    }
    return false;
  };
  listen({ settle });
  const addresses = { pds: pds.url, limited: limited.url, plc: plc.url, appview: bsky.url };
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}

function listen(commands) {
  let clients = 0;
  const patience = setTimeout(() => process.exit(0), WAITS_FOR_THE_FIRST_MS);
  const server = net.createServer((client) => {
    clearTimeout(patience);
    clients += 1;
    client.on("error", () => client.destroy());
    client.on("close", () => {
      clients -= 1;
      if (clients === 0) process.exit(0);
    });
    readline.createInterface({ input: client }).on("line", async (line) => {
      let answer;
      try {
        const asked = JSON.parse(line);
        answer = { answer: await commands[asked.do](asked) };
      } catch (error) {
        answer = { error: String(error) };
      }
      client.write(`${JSON.stringify(answer)}\n`);
    });
  });
  server.listen({ path: control });
}

process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
process.stdin.resume();
process.on("exit", () => control && fs.rmSync(control, { force: true }));

if (what === "migrate") {
  await migrate();
  process.exit(0);
}
await serve();
