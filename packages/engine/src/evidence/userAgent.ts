import type {
  CredentialSource,
  SdkInUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { PRODUCTS_OF_NODES, SDK_PROGRAMS, SDKS_OF_NODES } from './sdks';

/** CloudTrail cuts a user agent here. */
const CUT = 1_000;
const VERSION = /^\d{1,6}(\.\d{1,6}){0,3}/;

/** Codes of the list `m/…` that name where the keys of a call came from. */
const SOURCES: Record<string, CredentialSource> = {
  z: 'pod-identity',
  '0': 'node',
  h: 'irsa',
  k: 'irsa',
  g: 'environment',
  n: 'profile',
};

/** Words of a user agent; the last one may be a part where CloudTrail cut it. */
function wordsOf(userAgent: string): string[] {
  const words = userAgent.slice(0, CUT).split(/[\s[\]()]+/);
  return userAgent.length < CUT ? words : words.slice(0, -1);
}

/** The one source that the codes name; SDKs write them in any order, among others. */
function sourceOf(words: readonly string[]): CredentialSource | undefined {
  const codes = words
    .filter(word => word.startsWith('m/'))
    .flatMap(word => word.slice(2).split(','));
  const sources = new Set(
    codes.flatMap(code => (Object.hasOwn(SOURCES, code) ? SOURCES[code] : [])),
  );
  return sources.size === 1 ? [...sources][0] : undefined;
}

/** The SDK behind a call; undefined where the user agent names none that is known. */
export function readUserAgent(userAgent: string): SdkInUse | undefined {
  const words = wordsOf(userAgent);
  const products = words.map(word => {
    // `md/Botocore#1.34.0` of a client that names itself otherwise.
    const [product, version = ''] = word
      .replace(/^md\//i, '')
      .split(/[/#](.*)/s);
    return {
      product: product.toLowerCase(),
      version: VERSION.exec(version)?.[0],
    };
  });
  for (const { name, product, major } of SDK_PROGRAMS) {
    const found = products.find(
      one =>
        one.product === product &&
        one.version !== undefined &&
        (major === undefined || one.version.split('.')[0] === String(major)),
    );
    if (!found) continue;
    const source = sourceOf(words);
    return {
      name,
      version: found.version,
      ...(source ? { source } : {}),
    };
  }
  return undefined;
}

/** A call that components of an EKS node make too, so that it tells nothing of pods; as does a call without an SDK. */
export function mayBeOfNode(
  userAgent: string | undefined,
  sdk: SdkInUse | undefined,
): boolean {
  if (!sdk || SDKS_OF_NODES.includes(sdk.name)) return true;
  const text = (userAgent ?? '').toLowerCase();
  return PRODUCTS_OF_NODES.some(product => text.includes(product));
}
