import { NO_DELAYS, type SandboxClient } from 'eks-sandbox';

/** What AWS and Kubernetes take to answer where a benchmark is about calls. */
export const LATENCIES = { aws: 50, kubernetes: 10 };

export async function setLatencies(sandbox: SandboxClient) {
  await sandbox.setDelays(NO_DELAYS);
  await sandbox.setLatency('*', LATENCIES.aws);
  await sandbox.setLatency('kubernetes:*', LATENCIES.kubernetes);
}
