import ipaddr from "ipaddr.js";

/** Public by its number, and yet answered by the machine's own host. */
const metadata: ReadonlySet<string> = new Set(["168.63.129.16"]);
/** All that is given to networks of the public internet. */
const global6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * True for an address of the public internet, written in any way. Private, local, reserved, multicast and translated ones are not, and
 * neither is an IPv4 address that hides in an IPv6 one.
 */
export function isPublic(address: string): boolean {
  const parsed = parse(address);
  if (parsed === undefined || metadata.has(parsed.toString())) return false;
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || parsed.match(global6);
}

/** True if the address lies in one of the networks, each written like `10.0.0.0/8`. */
export function isIn(address: string, networks: readonly string[]): boolean {
  const parsed = parse(address);
  if (parsed === undefined) return false;
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === parsed.kind() && parsed.match([base, bits] as never);
  });
}

/** True for an address, or the name, that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || parse(name)?.range() === "loopback";
}

/** The address that is meant: an IPv4 address mapped into IPv6 is that IPv4 address. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const plain = address.replace(/^\[(.*)\]$/, "$1");
  return ipaddr.isValid(plain) ? ipaddr.process(plain) : undefined;
}
