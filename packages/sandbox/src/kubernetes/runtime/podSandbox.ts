import { IFileSystem, InMemoryFs, MountableFs } from 'just-bash';
import { SandboxCore } from '../../core/contract';
import { KubeObject } from '../types';
import { applicationOf } from './application/application';
import { ContainerShell } from './containerShell';
import { environmentOf, userOf } from './environment';
import { imageProfile } from './images';
import { PodNetwork } from './network';
import { readOnly } from './readonlyFs';
import {
  isProjected,
  tokenLife,
  VolumeContext,
  volumeFiles,
  writeFiles,
} from './volumes';

/** Kubelet replaces a token after this share of its lifetime. */
const ROTATE_AT = 0.8;

export interface PodSandboxOptions extends VolumeContext {
  core: SandboxCore;
  network: PodNetwork;
  awsEndpoint: () => string;
  /** Of the cluster. */
  region: string;
}

/** The volumes of a running pod and the file systems of its containers. */
export class PodSandbox {
  readonly #volumes = new Map<string, InMemoryFs>();
  readonly #containers = new Map<string, ContainerShell>();
  readonly #cancels: (() => void)[] = [];

  private constructor(
    private readonly options: PodSandboxOptions,
    private readonly pod: KubeObject,
  ) {}

  /** @throws MountError when a volume's source is missing */
  static async create(
    options: PodSandboxOptions,
    pod: KubeObject,
  ): Promise<PodSandbox> {
    const sandbox = new PodSandbox(options, pod);
    for (const volume of pod.spec.volumes ?? []) {
      await sandbox.addVolume(volume);
    }
    return sandbox;
  }

  /** @throws ContainerConfigError when its environment refers to a missing object or key */
  container(name: string, pod: KubeObject): ContainerShell {
    const known = this.#containers.get(name);
    if (known) {
      return known;
    }
    const spec = [
      ...pod.spec.containers,
      ...(pod.spec.initContainers ?? []),
    ].find((c: any) => c.name === name);
    const { core, store, network, awsEndpoint, region } = this.options;
    const shell = new ContainerShell({
      clock: core.clock,
      spec,
      image: imageProfile(spec.image),
      init:
        !pod.spec.containers.includes(spec) && spec.restartPolicy !== 'Always',
      env: environmentOf(store, pod, spec),
      createFs: () => this.fileSystem(spec),
      hostname: pod.spec.hostNetwork ? pod.spec.nodeName : pod.metadata.name,
      ...userOf(pod, spec),
      network,
      awsEndpoint,
      awsCliMs: () => core.delays.awsCli,
      region,
      application:
        spec === pod.spec.containers[0] ? applicationOf(pod) : undefined,
    });
    this.#containers.set(name, shell);
    return shell;
  }

  /** Drops a container, so that a restart gets a fresh root file system; volumes stay. */
  forget(name: string) {
    this.#containers.delete(name);
  }

  close() {
    this.#cancels.forEach(cancel => cancel());
  }

  private async addVolume(volume: any) {
    const fs = new InMemoryFs();
    this.#volumes.set(volume.name, fs);
    if (isProjected(volume)) {
      writeFiles(fs, await volumeFiles(this.options, this.pod, volume));
      this.rotateLater(volume, fs);
    }
  }

  private rotateLater(volume: any, fs: InMemoryFs) {
    const seconds = tokenLife(volume);
    if (seconds === undefined) {
      return;
    }
    const { clock } = this.options.core;
    const cancel = clock.schedule(
      clock.now() + seconds * 1000 * ROTATE_AT,
      async () => {
        writeFiles(fs, await volumeFiles(this.options, this.pod, volume));
        this.rotateLater(volume, fs);
      },
    );
    this.#cancels.push(cancel);
  }

  private fileSystem(container: any): IFileSystem {
    const root = rootFileSystem(container);
    const fs = new MountableFs({ base: root });
    for (const mount of container.volumeMounts ?? []) {
      const volume = this.#volumes.get(mount.name)!;
      const spec = this.pod.spec.volumes.find(
        (v: any) => v.name === mount.name,
      );
      const sealed = mount.readOnly || isProjected(spec);
      fs.mount(mount.mountPath, sealed ? readOnly(volume) : volume);
    }
    return fs;
  }
}

function rootFileSystem(container: any): IFileSystem {
  const root = new InMemoryFs();
  for (const directory of [
    '/root',
    '/var/run/secrets',
    '/etc',
    '/tmp',
    '/usr/local/bin',
    '/opt',
  ]) {
    root.mkdirSync(directory, { recursive: true });
  }
  root.writeFileSync(
    '/etc/os-release',
    'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\n',
  );
  root.writeFileSync(container.terminationMessagePath, '');
  ContainerShell.prepare(root, imageProfile(container.image));
  return container.securityContext?.readOnlyRootFilesystem
    ? // The runtime mounts /dev over the root, so the null device stays writable.
      readOnly(root, [container.terminationMessagePath, '/dev/null'])
    : root;
}
