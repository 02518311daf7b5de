import { containsInOrder } from '../../text/search';
import { KubernetesError } from '../../kubernetes/errors';
import type { V1Pod } from '../../kubernetes/objects';

/**
 * What the AWS CLI needs: two run side by side, 75 to 90 MiB each, and a bash.
 */
export const MEMORY_OF_CLI = '256Mi';

/**
 * What the probe asks for where app-config says nothing. It has no processor limit: a start of the AWS CLI takes half a
 * second of processor time, and a limit stretches that.
 */
export const DEFAULT_RESOURCES = {
  requests: { cpu: '50m', memory: '64Mi' },
  limits: { memory: MEMORY_OF_CLI },
};

/** Where a quota, a LimitRange or a policy asks for one. */
export const CPU_LIMIT = '500m';

const NAMES_CPU_LIMIT =
  /no cpu limit|cpu limits? (is|are|must|should)|limits\.cpu (is|must|should)|resources\.limits\.cpu/i;

/** The words of a quota, a LimitRange and of policy engines. */
const asksForCpuLimit = (message: string) =>
  NAMES_CPU_LIMIT.test(message) ||
  message
    .split(';')
    .some(
      part =>
        containsInOrder(part, 'must specify', 'limits.cpu') ||
        containsInOrder(part, 'cpu usage per ', 'no limit is specified') ||
        containsInOrder(
          part,
          'cpu max limit to request ratio per ',
          'no limit is specified',
        ) ||
        containsInOrder(part, 'required', 'limits', 'cpu') ||
        containsInOrder(part, 'missing', 'limits', 'cpu'),
    );

/**
 * Sends a probe pod, and once more with a processor limit where the cluster takes no pod without one.
 *
 * @throws what `send` throws
 */
export async function sendFitting<T>(
  pod: V1Pod,
  send: (pod: V1Pod) => Promise<T>,
): Promise<T> {
  try {
    return await send(pod);
  } catch (error) {
    const [container, ...others] = pod.spec!.containers;
    if (
      !(error instanceof KubernetesError) ||
      !asksForCpuLimit(error.message) ||
      container.resources?.limits?.cpu
    ) {
      throw error;
    }
    const limits = { ...container.resources?.limits, cpu: CPU_LIMIT };
    const resources = { ...container.resources, limits };
    const containers = [{ ...container, resources }, ...others];
    return send({ ...pod, spec: { ...pod.spec, containers } });
  }
}
