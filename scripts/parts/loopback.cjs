// Loaded into node before anything else: every server listens on the loopback interface, whatever it asks for.
const net = require("node:net");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === "object" && args[0] !== null) {
    if (!args[0].path && args[0].fd === undefined) args[0] = { ...args[0], host: "127.0.0.1" };
  } else if (typeof args[0] === "number" || args[0] === undefined || /^\d+$/.test(args[0])) {
    const others = args.slice(1).filter((arg) => typeof arg === "function" || typeof arg === "number");
    return listen.call(this, args[0] ?? 0, "127.0.0.1", ...others);
  }
  return listen.apply(this, args);
};
