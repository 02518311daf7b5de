/** What gives access to something, in the words of those who issue it. */
export type SecretKind =
  | 'secret access key'
  | 'session token'
  | 'EKS token'
  | 'service account token';

export interface IssuedSecret {
  kind: SecretKind;
  value: string;
}

/** Enough for any test, and a bound for a demo portal that runs for weeks. */
const MOST_KEPT = 20_000;

/** Everything secret that the sandbox issued or accepted, so that a test can look where it must not be. */
export class IssuedSecrets {
  readonly #kinds = new Map<string, SecretKind>();

  add(kind: SecretKind, value: string): void {
    this.#kinds.set(value, kind);
    if (this.#kinds.size > MOST_KEPT) {
      this.#kinds.delete(this.#kinds.keys().next().value!);
    }
  }

  all(): IssuedSecret[] {
    return [...this.#kinds].map(([value, kind]) => ({ kind, value }));
  }
}
