import { InMemoryFs } from 'just-bash';
import { resourceOf, storeKey } from '../model/resources';
import { API_AUDIENCE } from '../auth/authenticator';
import { Store } from '../store/store';
import { KubeObject } from '../types';
import { readData, readFieldPath } from './environment';
import { ServiceAccountTokens } from './tokens';

/** Thrown for a volume that cannot be mounted yet; kubelet retries and writes an event. */
export class MountError extends Error {}

export interface VolumeContext {
  store: Store;
  tokens: ServiceAccountTokens;
}

type Files = Record<string, string>;

function chosen(data: Files, items: any[] | undefined): Files {
  return items
    ? Object.fromEntries(
        items.filter(i => i.key in data).map(i => [i.path, data[i.key]]),
      )
    : data;
}

function fromObject(
  { store }: VolumeContext,
  pod: KubeObject,
  kind: 'configmaps' | 'secrets',
  source: any,
  volume: string,
): Files {
  const name = source.name ?? source.secretName;
  const data = readData(store, kind, pod.metadata.namespace!, name);
  if (!data && !source.optional) {
    const word = kind === 'secrets' ? 'secret' : 'configmap';
    throw new MountError(
      `MountVolume.SetUp failed for volume "${volume}" : ${word} "${name}" not found`,
    );
  }
  return chosen(data ?? {}, source.items);
}

async function tokenFile(
  { store, tokens }: VolumeContext,
  pod: KubeObject,
  source: any,
  volume: string,
): Promise<Files> {
  const account = store.get(
    storeKey(resourceOf('serviceaccounts')),
    pod.metadata.namespace,
    pod.spec.serviceAccountName,
  );
  if (!account) {
    throw new MountError(
      `MountVolume.SetUp failed for volume "${volume}" : failed to fetch token: serviceaccounts "${pod.spec.serviceAccountName}" not found`,
    );
  }
  const { token } = await tokens.issue(
    account,
    {
      audiences: [source.audience ?? API_AUDIENCE],
      expirationSeconds: source.expirationSeconds ?? 3600,
      boundPod: { name: pod.metadata.name, uid: pod.metadata.uid! },
    },
    pod.spec.nodeName,
  );
  return { [source.path]: token };
}

const downwardFiles = (pod: KubeObject, items: any[] = []): Files =>
  Object.fromEntries(
    items.map(i => [i.path, readFieldPath(pod, i.fieldRef?.fieldPath ?? '')]),
  );

/** The files of a projected, configMap, secret or downwardAPI volume. */
export async function volumeFiles(
  context: VolumeContext,
  pod: KubeObject,
  volume: any,
): Promise<Files> {
  if (volume.configMap) {
    return fromObject(
      context,
      pod,
      'configmaps',
      volume.configMap,
      volume.name,
    );
  }
  if (volume.secret) {
    return fromObject(context, pod, 'secrets', volume.secret, volume.name);
  }
  if (volume.downwardAPI) {
    return downwardFiles(pod, volume.downwardAPI.items);
  }
  let files: Files = {};
  for (const source of volume.projected?.sources ?? []) {
    files = {
      ...files,
      ...(source.serviceAccountToken &&
        (await tokenFile(
          context,
          pod,
          source.serviceAccountToken,
          volume.name,
        ))),
      ...(source.configMap &&
        fromObject(context, pod, 'configmaps', source.configMap, volume.name)),
      ...(source.secret &&
        fromObject(context, pod, 'secrets', source.secret, volume.name)),
      ...(source.downwardAPI && downwardFiles(pod, source.downwardAPI.items)),
    };
  }
  return files;
}

export const isProjected = (volume: any) =>
  Boolean(
    volume.projected ?? volume.configMap ?? volume.secret ?? volume.downwardAPI,
  );

/** Shortest lifetime of the tokens in a volume, seconds; undefined when it has none. */
export function tokenLife(volume: any): number | undefined {
  const lives = (volume.projected?.sources ?? [])
    .map((s: any) => s.serviceAccountToken?.expirationSeconds)
    .filter((s: unknown) => typeof s === 'number');
  return lives.length ? Math.min(...lives) : undefined;
}

/** Writes the files of a projected volume into its file system. */
export function writeFiles(fs: InMemoryFs, files: Files) {
  for (const [path, content] of Object.entries(files)) {
    fs.writeFileSync(`/${path}`, content);
  }
}
