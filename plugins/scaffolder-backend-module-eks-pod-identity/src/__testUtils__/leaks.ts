import type { IssuedSecret } from 'eks-sandbox';

/** Everything a kind of reader can see, in one text. */
export type Places = Map<string, string>;

export interface Leak {
  place: string;
  kind: string;
  /** Only the beginning: the test's own output is a log too. */
  begins: string;
}

/** Base64 of a text that begins at any byte of something longer, without the characters that depend on what is around it. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].map(offset => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = bytes.length - (bytes.length % 3);
    return bytes
      .subarray(0, whole)
      .toString('base64')
      .slice(offset === 0 ? 0 : 4);
  });
}

/** How a secret may be written down: as it is, in a URL, or in base64, alone or within something else. */
export function formsOf(secret: string): string[] {
  const cores = base64Cores(secret);
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      ...cores,
      ...cores.map(core => core.replaceAll('+', '-').replaceAll('/', '_')),
    ]),
  ];
}

/** Where any of the secrets stands. */
export function findLeaks(
  secrets: { kind: string; value: string }[],
  places: Places,
): Leak[] {
  return secrets.flatMap(({ kind, value }) => {
    const forms = formsOf(value);
    return [...places]
      .filter(([, text]) => forms.some(form => text.includes(form)))
      .map(([place]) => ({ place, kind, begins: value.slice(0, 12) }));
  });
}

/** The signature of a token for the Kubernetes API, which is a signed address in base64. */
export function signaturesOf(issued: IssuedSecret[]) {
  return issued
    .filter(({ kind }) => kind === 'EKS token')
    .map(({ value }) => {
      const address = Buffer.from(value.split('.')[1], 'base64url').toString();
      const signature = new URL(address).searchParams.get('X-Amz-Signature')!;
      return { kind: 'signature of an EKS token', value: signature };
    });
}
