import type {
  V1Container,
  V1Pod,
  V1Volume,
  V1VolumeMount,
} from '../../kubernetes/objects';
import type { CarriedFact } from '../framework/facts/workloads';
import { profileOnCommandLine } from './commandLine';
import type { Settings } from './settings';

/** Variables that a container sets, by name: never a value. */
export function carriedSetting(
  settings: Settings,
  what: CarriedFact['what'],
  ...names: string[]
): CarriedFact {
  const said = names.join(' and ');
  const typed = names.some(settings.onCommandLine);
  const where = typed ? ' on their command line' : '';
  return {
    what,
    said: `set ${said}${where}`,
    remedy: typed ? `${said} on the command line` : said,
    // No command changes a command line.
    ...(typed ? {} : { unset: names.map(name => `${name}-`) }),
    likely: true,
  };
}

/** Names of volumes that hold settings, scratch space or tokens. Any other may hold a file with keys. */
function keylessVolumes(pod: V1Pod): Set<string> {
  return new Set(
    (pod.spec?.volumes ?? [])
      .filter(
        volume =>
          volume.configMap ||
          volume.downwardAPI ||
          volume.emptyDir ||
          (volume.projected &&
            !volume.projected.sources?.some(source => source.secret)),
      )
      .map(volume => volume.name),
  );
}

/** How often the containers of a pod mount a volume. */
const usesOf = ({ spec }: V1Pod, volume: string) =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
    .flatMap(({ volumeMounts = [] }) => volumeMounts)
    .filter(({ name }) => name === volume).length;

/** A home directory, as images of programming environments have it on a volume that stays. */
const HOME = /^\/(root|home\/[^/]+)$/;
/** Where SDKs look for files. */
const AWS_FILES = /\/\.aws(\/(credentials|config))?$/;

const withoutSlash = (path: string) =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;

/** Files of Secrets and ConfigMaps that a volume puts at paths of its own, as far as the spec names them. */
function filesOf(volume: V1Volume | undefined): string[] {
  return [
    volume?.secret,
    volume?.configMap,
    ...(volume?.projected?.sources ?? []).flatMap(source => [
      source.secret,
      source.configMap,
    ]),
  ].flatMap(one => (one?.items ?? []).map(({ path }) => path));
}

/** The place below `.aws` that a mount fills, by its path or by those of its files. */
function awsPathOf(mount: V1VolumeMount, pod: V1Pod): string | undefined {
  const path = withoutSlash(mount.mountPath);
  if (AWS_FILES.test(path)) return path;
  const files = filesOf(
    pod.spec?.volumes?.find(({ name }) => name === mount.name),
  );
  return files
    .map(file => `${path === '/' ? '' : path}/${file}`)
    .find(one => AWS_FILES.test(one));
}

/** What comes from files: volumes at ~/.aws, and the variables that name files and profiles in them. */
export function carriedFiles(
  container: V1Container,
  settings: Settings,
  pod: V1Pod,
): CarriedFact[] {
  const { of } = settings;
  const keyless = keylessVolumes(pod);
  const found: CarriedFact[] = [];
  const mounts = container.volumeMounts ?? [];
  const atHome = mounts.flatMap(mount => {
    const path = awsPathOf(mount, pod);
    return path ? [{ mount, path }] : [];
  });
  for (const { mount, path } of atHome) {
    found.push({
      what: path.endsWith('/config') ? 'config-file' : 'home-files',
      said: 'mount a volume at ~/.aws',
      remedy: 'the volume at ~/.aws',
      // A volume that fills more than this has to stay.
      ...(path === withoutSlash(mount.mountPath)
        ? {
            mount: {
              paths: [mount.mountPath],
              ...(usesOf(pod, mount.name) === 1 ? { volume: mount.name } : {}),
            },
          }
        : {}),
      likely: !keyless.has(mount.name),
    });
  }
  const home = of('HOME');
  const isHome = (path: string) =>
    HOME.test(path) ||
    (home !== undefined &&
      home !== 'elsewhere' &&
      withoutSlash(home.value) === path);
  if (
    atHome.length === 0 &&
    mounts.some(
      mount =>
        isHome(withoutSlash(mount.mountPath)) && !keyless.has(mount.name),
    )
  ) {
    found.push({
      what: 'home-files',
      said: 'mount a volume at the home directory, where ~/.aws may be',
      remedy: 'the files of ~/.aws',
      likely: false,
    });
  }
  const file = of('AWS_SHARED_CREDENTIALS_FILE');
  if (file) {
    const path = file === 'elsewhere' ? '' : file.value;
    found.push({
      ...carriedSetting(
        settings,
        'credentials-file',
        'AWS_SHARED_CREDENTIALS_FILE',
      ),
      likely: mounts.some(
        mount => !keyless.has(mount.name) && path.startsWith(mount.mountPath),
      ),
    });
  }
  const config = of('AWS_CONFIG_FILE');
  if (config) {
    found.push({
      ...carriedSetting(settings, 'config-file', 'AWS_CONFIG_FILE'),
      likely: false,
    });
  }
  // Files that were brought along on purpose very likely hold the profile.
  const likely = atHome.length === 0 && !file && !config;
  if (of('AWS_PROFILE')) {
    found.push({
      ...carriedSetting(settings, 'profile', 'AWS_PROFILE'),
      likely,
    });
  } else if (of('AWS_DEFAULT_PROFILE')) {
    found.push({
      ...carriedSetting(settings, 'default-profile', 'AWS_DEFAULT_PROFILE'),
      likely,
    });
  } else {
    found.push(
      ...profileOnCommandLine(container, pod).map(one => ({
        ...one,
        likely: likely && one.likely,
      })),
    );
  }
  return found;
}
