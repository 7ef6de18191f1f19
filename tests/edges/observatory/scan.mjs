// Prints what Mozilla's scanner says of a host, as JSON:
//     node scan.mjs console.example.com HTTPS_PORT HTTP_PORT
// The scanner takes a name alone, and asks its ports 443 and 80. Each connection is led to those of
// this machine instead; name, certificate and redirects stay as they are.
import net from "node:net";
import { scan } from "@mdn/mdn-http-observatory";

const [host, https, http] = process.argv.slice(2);
const ports = { 443: Number(https), 80: Number(http) };
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options?.host !== host || !(options.port in ports)) {
    throw new Error(`The scanner asks ${options?.host}:${options?.port}.`);
  }
  options.port = ports[options.port];
  options.host = "127.0.0.1";
  return connect.apply(this, given);
};

console.log(JSON.stringify(await scan(host)));
