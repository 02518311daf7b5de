import dns from 'node:dns';

const THIS_MACHINE = ['localhost', '127.0.0.1', '::1'];

/**
 * Ends the process before it connects to anything but this machine, so that a mistake in these settings asks no real
 * AWS account: its addresses have names, and a name is looked up before it is connected to.
 */
export function stayHere() {
  const { lookup } = dns;
  const guarded = (hostname: string, ...rest: unknown[]) => {
    if (!THIS_MACHINE.includes(hostname)) {
      console.error(
        `This backend wanted to connect to ${hostname}. It may only talk to the sandbox on this machine, so it stops here.`,
      );
      process.exit(1);
    }
    return (lookup as Function)(hostname, ...rest);
  };
  dns.lookup = guarded as typeof lookup;
}
