import { cliUserAgent, joined, PLATFORM } from '../aws/cliName';

/** Where an SDK found the keys of a call. */
export type KeySource =
  | 'environment'
  | 'irsa'
  | 'profile'
  | 'container'
  | 'node';

/** How an SDK behaves, as measured with the real ones. */
export interface SdkModel {
  /** Sources in the order in which it looks. */
  chain: readonly KeySource[];
  /** The oldest version that takes the agent's address. */
  works?: string;
  /** What older ones say of the address. */
  says: string;
  /** Sends the request to the agent through `HTTP_PROXY`. */
  proxiesAgent?: boolean;
  /** Goes on to the node's role where the agent gives no credentials. */
  becomesNode?: boolean;
  /** The same where the token file is missing. */
  becomesNodeWithoutToken?: boolean;
  /** Milliseconds that it waits for an agent that never answers. */
  patienceMs: number;
  /** Fails where a key has no secret. */
  failsOnPartialKeys?: boolean;
  /** Fails where `AWS_ROLE_ARN` stands alone. */
  failsOnRoleAlone?: boolean;
  /** Uses Pod Identity where the variable of ECS is there too; the others fail. */
  ignoresEcs?: boolean;
  /** Reads `AWS_SHARED_CREDENTIALS_FILE`. */
  readsSharedFile: boolean;
  /** Variables that name a profile which has to exist. */
  needsProfileOf?: readonly string[];
  /** Oldest version that writes feature codes into the user agent. */
  codesFrom?: string;
  /** The codes by source of keys. */
  codes: Partial<Record<KeySource, string>>;
  /** `features` is `m/…` or empty. */
  userAgent(version: string, features: string, service: string): string;
}

const USUAL: readonly KeySource[] = [
  'environment',
  'irsa',
  'profile',
  'container',
  'node',
];

const MINUTE = 60_000;

const UNSUPPORTED_HOST = "Unsupported host '169.254.170.23'.";

const PYTHON_CODES = {
  container: 'z,N,Z,E,b',
  node: 'E,Z,b,N,0',
  irsa: 'h,b,k,Z,N,E',
  environment: 'E,b,N,g,Z',
  profile: 'E,b,N,n,Z',
};

const python = {
  chain: USUAL,
  says: UNSUPPORTED_HOST,
  patienceMs: 9_000,
  failsOnPartialKeys: true,
  readsSharedFile: true,
  needsProfileOf: ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE'],
  codes: PYTHON_CODES,
};

const api = (service: string, version: string) => `api/${service}#${version}`;

/** By the name in a pod's annotation. */
export const SDKS: Readonly<Record<string, SdkModel>> = {
  boto3: {
    ...python,
    works: '1.29.0',
    codesFrom: '1.44.0',
    userAgent: (version, features) =>
      joined(
        `Boto3/${version} md/Botocore#${version}`,
        features ? 'ua/2.1' : 'ua/2.0',
        PLATFORM,
        'md/pyimpl#CPython',
        features,
        `cfg/retry-mode#legacy Botocore/${version}`,
      ),
  },
  'aws-cli-v1': {
    ...python,
    works: '1.30.0',
    codesFrom: '1.45.0',
    userAgent: cliUserAgent,
  },
  'aws-cli-v2': {
    ...python,
    works: '2.15.0',
    codesFrom: '2.36.0',
    userAgent: cliUserAgent,
  },
  'js-v3': {
    chain: USUAL,
    works: '3.502.0',
    says: '169.254.170.23 is not a valid container metadata service hostname',
    patienceMs: Infinity,
    readsSharedFile: true,
    codesFrom: '3.1173.0',
    codes: {
      container: 'E,z',
      node: 'E',
      irsa: 'E,T,k,h',
      environment: 'E,g',
      profile: 'E,n',
    },
    userAgent: (version, features, service) =>
      joined(
        `aws-sdk-js/${version}`,
        features ? 'ua/2.1' : 'ua/2.0',
        'os/linux#6.1.0 lang/js md/nodejs#22.11.0',
        api(service, version),
        features,
      ),
  },
  'js-v2': {
    chain: ['environment', 'profile', 'container', 'irsa', 'node'],
    works: '2.1550.0',
    says: 'Unsupported hostname: "169.254.170.23"',
    becomesNode: true,
    patienceMs: 4_000,
    readsSharedFile: false,
    codes: {},
    userAgent: version => `aws-sdk-nodejs/${version} linux/v20.18.0 promise`,
  },
  'go-v2': {
    chain: USUAL,
    works: '1.22.2',
    says: 'invalid endpoint host, "169.254.170.23", only loopback hosts are allowed',
    proxiesAgent: true,
    patienceMs: Infinity,
    readsSharedFile: true,
    needsProfileOf: ['AWS_PROFILE'],
    codesFrom: '1.48.0',
    codes: {
      container: 'z',
      node: '0',
      irsa: 'h',
      environment: 'g',
      profile: 'n',
    },
    userAgent: (version, features, service) =>
      joined(
        `aws-sdk-go-v2/${version}`,
        features && 'ua/2.1',
        'os/linux lang/go#1.24.1 md/GOOS#linux md/GOARCH#amd64',
        api(service, version),
        features,
      ),
  },
  'go-v1': {
    chain: USUAL,
    works: '1.47.11',
    says: 'invalid endpoint host, "169.254.170.23", only loopback hosts are allowed',
    proxiesAgent: true,
    patienceMs: Infinity,
    ignoresEcs: true,
    readsSharedFile: true,
    codes: {},
    userAgent: version => `aws-sdk-go/${version} (go1.22.5; linux; amd64)`,
  },
  'java-v2': {
    chain: USUAL,
    works: '2.21.26',
    says: 'The full URI contained in environment variable AWS_CONTAINER_CREDENTIALS_FULL_URI has an invalid host',
    becomesNode: true,
    becomesNodeWithoutToken: true,
    patienceMs: 7_000,
    readsSharedFile: true,
    codesFrom: '2.57.0',
    codes: {
      container: 'D,AK,N,z',
      node: 'D,AK,N,0',
      irsa: 'D,AK,N,h,k',
      environment: 'D,AK,N,g',
      profile: 'D,AK,N,n',
    },
    userAgent: (version, features, service) =>
      joined(
        `aws-sdk-java/${version}`,
        features
          ? `md/io#sync md/http#Apache ua/2.1 ${api(service, version)}`
          : '',
        'os/Linux#6.1.0 lang/java#21.0.5 md/OpenJDK_64-Bit_Server_VM#21.0.5+11-LTS md/vendor#Eclipse_Adoptium',
        features,
      ),
  },
  'java-v1': {
    chain: ['environment', 'container', 'irsa', 'profile', 'node'],
    works: '1.12.746',
    says: 'Host for full URI has to be a loopback address',
    patienceMs: 7_000,
    failsOnRoleAlone: true,
    readsSharedFile: true,
    codes: {},
    userAgent: version =>
      `aws-sdk-java/${version} Linux/6.1.0 OpenJDK_64-Bit_Server_VM/17.0.13+11 java/17.0.13 vendor/Eclipse_Adoptium cfg/retry-mode/legacy`,
  },
  rust: {
    chain: USUAL,
    says: '',
    proxiesAgent: true,
    patienceMs: MINUTE / 4,
    readsSharedFile: true,
    codesFrom: '0',
    codes: { container: 'E,N,z,T' },
    userAgent: (version, features, service) =>
      joined(
        `aws-sdk-rust/${version}`,
        'ua/2.1',
        api(service, version),
        'os/linux lang/rust#1.85.0',
        features,
      ),
  },
};

/** Whether a version is at least another. */
export function isAtLeast(version: string, least: string): boolean {
  const given = version.split('.').map(Number);
  const needed = least.split('.').map(Number);
  const at = needed.findIndex((part, index) => part !== (given[index] ?? 0));
  return at < 0 || (given[at] ?? 0) > needed[at];
}

/** The user agent of a call with keys of this source. */
export function userAgentOf(
  sdk: SdkModel,
  version: string,
  source: KeySource,
  service: string,
): string {
  const codes =
    sdk.codesFrom !== undefined && isAtLeast(version, sdk.codesFrom)
      ? sdk.codes[source]
      : undefined;
  return sdk.userAgent(version, codes ? `m/${codes}` : '', service);
}
