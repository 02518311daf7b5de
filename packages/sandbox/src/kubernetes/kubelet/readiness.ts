import { ContainerState } from './podStatus';

export interface ReadinessOptions {
  /** Aborted when the pod ends. */
  killed: AbortSignal;
  sleep(ms: number): Promise<void>;
  unhealthy(text: string): void;
  report(): Promise<void>;
}

/** Runs a container's exec readiness probe while the current run lasts. */
export async function probeReadiness(
  state: ContainerState,
  { killed, sleep, unhealthy, report }: ReadinessOptions,
): Promise<void> {
  const { readinessProbe } = state.spec;
  const { run } = state;
  await sleep((readinessProbe.initialDelaySeconds ?? 0) * 1000);
  while (state.run === run && !state.terminated && !killed.aborted) {
    const result = await run!.shell
      .run(readinessProbe.exec.command, { signal: killed })
      .catch(error => ({ exitCode: 1, stdout: '', stderr: error.message }));
    const ready = result.exitCode === 0;
    if (!ready) {
      unhealthy(`Readiness probe failed: ${result.stdout}${result.stderr}`);
    }
    if (ready !== state.ready && !state.terminated) {
      state.ready = ready;
      await report();
    }
    await sleep(readinessProbe.periodSeconds * 1000);
  }
}
