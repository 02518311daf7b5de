import manifest from '../../package.json';

/** What a package says of itself once it is packed; the address of its source is known then. */
interface Manifest {
  name: string;
  version: string;
  /** With the README as its anchor. */
  homepage?: string;
}

/** The page of the checks in the source of this version; undefined where the package says no address. */
export function checksUrl({ name, version, homepage }: Manifest = manifest):
  | string
  | undefined {
  if (!homepage) return undefined;
  const url = new URL(homepage);
  url.hash = '';
  url.pathname += `/blob/${name}@${version}/packages/engine/docs/checks.md`;
  return url.href;
}
