import { resourceOf, storeKey } from '../model/resources';
import { Store } from '../store/store';
import { KubeObject } from '../types';

/** Thrown for a container with a faulty configuration: kubelet's CreateContainerConfigError. */
export class ContainerConfigError extends Error {}

/** Reads `metadata.labels['app']`, `status.podIP` and the like. */
export function readFieldPath(pod: KubeObject, path: string): string {
  const keyed = path.match(/^metadata\.(labels|annotations)\['([^']+)'\]$/);
  if (keyed) {
    return pod.metadata[keyed[1] as 'labels']?.[keyed[2]] ?? '';
  }
  const value = path
    .split('.')
    .reduce<any>((at, name) => (at === undefined ? at : at[name]), pod);
  if (value !== null && typeof value === 'object') {
    return Object.entries(value)
      .map(([key, item]) => `${key}=${JSON.stringify(item)}`)
      .join('\n');
  }
  return value === undefined ? '' : String(value);
}

function dataOf(
  store: Store,
  kind: 'configmaps' | 'secrets',
  namespace: string,
  name: string,
) {
  const object = store.get(storeKey(resourceOf(kind)), namespace, name);
  if (!object) {
    return undefined;
  }
  return Object.fromEntries(
    Object.entries((object.data ?? {}) as Record<string, string>).map(
      ([key, value]) => [
        key,
        kind === 'secrets'
          ? Buffer.from(value, 'base64').toString('utf8')
          : value,
      ],
    ),
  );
}

const KINDS = {
  configMapKeyRef: ['configmaps', 'configmap'],
  secretKeyRef: ['secrets', 'secret'],
  configMapRef: ['configmaps', 'configmap'],
  secretRef: ['secrets', 'secret'],
} as const;

function keyRef(
  store: Store,
  pod: KubeObject,
  source: any,
): string | undefined {
  for (const field of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = source[field];
    if (ref) {
      const [resource, word] = KINDS[field];
      const data = dataOf(store, resource, pod.metadata.namespace!, ref.name);
      const value = data?.[ref.key];
      if (value === undefined && !ref.optional) {
        throw new ContainerConfigError(
          data
            ? `couldn't find key ${ref.key} in ${
                resource === 'secrets' ? 'Secret' : 'ConfigMap'
              } ${pod.metadata.namespace}/${ref.name}`
            : `${word} "${ref.name}" not found`,
        );
      }
      return value;
    }
  }
  return undefined;
}

const expand = (text: string, known: Record<string, string>) =>
  text.replace(
    /\$(\$)|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)/g,
    (whole, dollar, name) => (dollar ? '$' : known[name] ?? whole),
  );

/** Environment of a container, from kubelet and the image. */
export function environmentOf(
  store: Store,
  pod: KubeObject,
  container: any,
): Record<string, string> {
  const env: Record<string, string> = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: pod.spec.hostNetwork
      ? pod.spec.nodeName ?? ''
      : pod.metadata.name,
  };
  for (const from of container.envFrom ?? []) {
    for (const field of ['configMapRef', 'secretRef'] as const) {
      const ref = from[field];
      if (ref) {
        const [resource, word] = KINDS[field];
        const data = dataOf(store, resource, pod.metadata.namespace!, ref.name);
        if (!data && !ref.optional) {
          throw new ContainerConfigError(`${word} "${ref.name}" not found`);
        }
        Object.entries(data ?? {}).forEach(([key, value]) => {
          env[`${from.prefix ?? ''}${key}`] = value;
        });
      }
    }
  }
  for (const entry of container.env ?? []) {
    const source = entry.valueFrom;
    if (!source) {
      env[entry.name] = expand(entry.value ?? '', env);
    } else if (source.fieldRef) {
      env[entry.name] = readFieldPath(pod, source.fieldRef.fieldPath);
    } else if (source.resourceFieldRef) {
      const [part, name] = source.resourceFieldRef.resource.split(/\.(.*)/s);
      env[entry.name] = String(container.resources?.[part]?.[name] ?? '0');
    } else {
      const value = keyRef(store, pod, source);
      if (value !== undefined) env[entry.name] = value;
    }
  }
  env.KUBERNETES_SERVICE_HOST ??= '10.100.0.1';
  env.KUBERNETES_SERVICE_PORT ??= '443';
  env.HOME ??= userOf(pod, container).uid === 0 ? '/root' : '/';
  return env;
}

/** User and group that the container runs as. */
export function userOf(
  pod: KubeObject,
  container: any,
): { uid: number; gid: number } {
  const of = (field: string) =>
    container.securityContext?.[field] ?? pod.spec.securityContext?.[field];
  return { uid: of('runAsUser') ?? 0, gid: of('runAsGroup') ?? 0 };
}

export { dataOf as readData, expand as expandVariables };
