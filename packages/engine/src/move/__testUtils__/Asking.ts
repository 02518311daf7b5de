import type { VerifyWorld } from '../../verification/__testUtils__/VerifyWorld';

/** What programs of a namespace printed: each line once for each pod, pods that are gone included. */
export class Asking {
  readonly #lines = new Map<string, string[]>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly world: VerifyWorld,
    private readonly namespace: string,
    /** Names of service accounts; default: any of the namespace. */
    private readonly accounts?: string[],
  ) {}

  #pods() {
    return this.world
      .kube()
      .list('pods', this.namespace)
      .filter(
        ({ spec }) => this.accounts?.includes(spec.serviceAccountName) ?? true,
      );
  }

  /** Keeps what pods print, because the log of a pod goes with it. */
  start(): void {
    this.#timer = setInterval(() => void this.look(), 50);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    const kube = this.world.kube();
    for (const { metadata } of this.#pods()) {
      const text = (await kube.log(this.namespace, metadata.name)).trim();
      if (text) this.#lines.set(metadata.name, text.split('\n'));
    }
  }

  /** How many calls were made with the keys of the role, and how many requests for keys AWS refused. */
  counts(roleArn: string): [asks: number, refused: number] {
    const calls = this.world.sandbox.calls.calls();
    const asks = calls.filter(({ principalArn }) => principalArn === roleArn);
    const refused = calls.filter(
      ({ operation, status }) =>
        /^AssumeRole(WithWebIdentity|ForPodIdentity)$/.test(operation) &&
        status >= 400,
    );
    return [asks.length, refused.length];
  }

  /** Everything that is no answer of AWS with the keys of a role. */
  refusals(): string[] {
    return [...this.#lines].flatMap(([pod, lines]) =>
      lines
        .filter(line => !/with keys of (irsa|container): .* ok$/.test(line))
        .map(line => `${pod}: ${line}`),
    );
  }

  /** By which roads the pods that run now asked last, once each has asked: `irsa`, `container`. */
  async roads(): Promise<string[]> {
    for (;;) {
      await this.look();
      const last = this.#pods()
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map(({ metadata }) => this.#lines.get(metadata.name)?.at(-1));
      if (last.every(line => line !== undefined)) {
        return last.map(line => /with keys of (\w+):/.exec(line)?.[1] ?? line);
      }
      await this.world.sandbox.clock.sleep(1_000);
    }
  }
}
