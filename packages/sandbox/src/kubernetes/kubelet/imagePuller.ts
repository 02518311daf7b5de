import { SandboxCore } from '../../core/contract';
import { ImageRegistry, pullError } from './images';
import { ContainerState } from './podStatus';

/** Simulated milliseconds. */
const FIRST_BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 300_000;
const RETRY_MS = 2_000;

export interface ImagePullerOptions {
  core: SandboxCore;
  images: ImageRegistry;
  /** Name of the node, which keeps the images it pulled. */
  node: string;
  /** Aborted when the pod ends. */
  killed: AbortSignal;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  report(): Promise<void>;
}

/** Pulls a container's image, and shows failures in its state. Rejects when the pod ends meanwhile. */
export async function pullImage(
  state: ContainerState,
  { core, images, node, killed, event, report }: ImagePullerOptions,
): Promise<void> {
  const { image, imagePullPolicy } = state.spec;
  if (imagePullPolicy !== 'Always' && images.isPresent(node, image)) {
    event(
      'Normal',
      'Pulled',
      `Container image "${image}" already present on machine`,
    );
    return;
  }
  let backoff = FIRST_BACKOFF_MS;
  while (!images.canPull(image)) {
    const message = pullError(image);
    event('Normal', 'Pulling', `Pulling image "${image}"`);
    event('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    event('Warning', 'Failed', 'Error: ErrImagePull');
    state.waiting = { reason: 'ErrImagePull', message };
    await report();
    await core.clock.sleep(RETRY_MS, killed);
    event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
    event('Warning', 'Failed', 'Error: ImagePullBackOff');
    state.waiting = {
      reason: 'ImagePullBackOff',
      message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
    };
    await report();
    await images.changeOr(core.clock, backoff, killed);
    backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
  }
  state.waiting = undefined;
  images.setPresent(node, image);
  event('Normal', 'Pulling', `Pulling image "${image}"`);
  event(
    'Normal',
    'Pulled',
    `Successfully pulled image "${image}" in 1.2s (1.2s including waiting). Image size: 128000000 bytes.`,
  );
}
