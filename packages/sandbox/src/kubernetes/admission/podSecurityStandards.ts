export type SecurityLevel = 'privileged' | 'baseline' | 'restricted';

interface Visited {
  pod: any;
  containers: any[];
}

const quoted = (names: string[]) =>
  names.map(n => JSON.stringify(n)).join(', ');

/** `container "a"` or `containers "a", "b"` */
const containersText = (containers: any[]) =>
  `container${containers.length > 1 ? 's' : ''} ${quoted(
    containers.map(c => c.name),
  )}`;

type Check = (visited: Visited) => string | undefined;

const perContainer =
  (
    title: (bad: any[]) => string,
    bad: (c: any) => boolean,
    must: (bad: any[]) => string,
  ): Check =>
  ({ containers }) => {
    const found = containers.filter(bad);
    return found.length > 0
      ? `${title(found)} (${containersText(found)} ${must(found)})`
      : undefined;
  };

const BASELINE_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

const added = (c: any): string[] => c.securityContext?.capabilities?.add ?? [];
const hostPorts = (c: any): number[] =>
  (c.ports ?? []).map((p: any) => p.hostPort).filter(Boolean);

const hostNamespaces: Check = ({ pod }) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter(
    field => pod[field],
  );
  return used.length > 0
    ? `host namespaces (${used.map(field => `${field}=true`).join(', ')})`
    : undefined;
};

const hostPathVolumes: Check = ({ pod }) => {
  const names = (pod.volumes ?? [])
    .filter((v: any) => v.hostPath)
    .map((v: any) => v.name);
  return names.length > 0
    ? `hostPath volumes (volume${names.length > 1 ? 's' : ''} ${quoted(names)})`
    : undefined;
};

const BASELINE: Check[] = [
  perContainer(
    () => 'non-default capabilities',
    c => added(c).some(cap => !BASELINE_CAPABILITIES.has(cap)),
    bad =>
      `must not include ${quoted([
        ...new Set(
          bad.flatMap(added).filter(cap => !BASELINE_CAPABILITIES.has(cap)),
        ),
      ])} in securityContext.capabilities.add`,
  ),
  hostNamespaces,
  hostPathVolumes,
  perContainer(
    () => 'hostPort',
    c => hostPorts(c).length > 0,
    bad =>
      `uses hostPort${bad.flatMap(hostPorts).length > 1 ? 's' : ''} ${bad
        .flatMap(hostPorts)
        .join(', ')}`,
  ),
  perContainer(
    () => 'privileged',
    c => c.securityContext?.privileged === true,
    () => 'must not set securityContext.privileged=true',
  ),
];

const RESTRICTED_VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const restrictedVolumes: Check = ({ pod }) => {
  const typeOf = (volume: any) =>
    Object.keys(volume).find(key => key !== 'name') ?? '';
  const bad = (pod.volumes ?? []).filter(
    (v: any) => !RESTRICTED_VOLUMES.has(typeOf(v)),
  );
  if (bad.length === 0) return undefined;
  const types = [...new Set<string>(bad.map(typeOf))];
  return `restricted volume types (volume${bad.length > 1 ? 's' : ''} ${quoted(
    bad.map((v: any) => v.name),
  )} use${bad.length > 1 ? '' : 's'} restricted volume type${
    types.length > 1 ? 's' : ''
  } ${quoted(types)})`;
};

const runAsNonRoot: Check = ({ pod, containers }) => {
  const byPod = pod.securityContext?.runAsNonRoot;
  const explicit = containers.filter(
    c => c.securityContext?.runAsNonRoot === false,
  );
  if (explicit.length > 0) {
    return `runAsNonRoot != true (${containersText(
      explicit,
    )} must not set securityContext.runAsNonRoot=false)`;
  }
  const unset = containers.filter(
    c => c.securityContext?.runAsNonRoot !== true,
  );
  return byPod !== true && unset.length > 0
    ? `runAsNonRoot != true (pod or ${containersText(
        unset,
      )} must set securityContext.runAsNonRoot=true)`
    : undefined;
};

const runAsUser: Check = ({ pod, containers }) => {
  const bad = containers.filter(c => c.securityContext?.runAsUser === 0);
  const byPod = pod.securityContext?.runAsUser === 0;
  if (!byPod && bad.length === 0) return undefined;
  const who = [
    ...(byPod ? ['pod'] : []),
    ...(bad.length ? [containersText(bad)] : []),
  ];
  return `runAsUser=0 (${who.join(' and ')} must not set runAsUser=0)`;
};

const SECCOMP = ['RuntimeDefault', 'Localhost'];

const seccomp: Check = ({ pod, containers }) => {
  const fine = (context: any) =>
    SECCOMP.includes(context?.seccompProfile?.type);
  const bad = containers.filter(
    c =>
      !fine(c.securityContext) &&
      (c.securityContext?.seccompProfile !== undefined ||
        !fine(pod.securityContext)),
  );
  return bad.length > 0
    ? `seccompProfile (pod or ${containersText(
        bad,
      )} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`
    : undefined;
};

const RESTRICTED: Check[] = [
  ...BASELINE,
  perContainer(
    () => 'allowPrivilegeEscalation != false',
    c => c.securityContext?.allowPrivilegeEscalation !== false,
    () => 'must set securityContext.allowPrivilegeEscalation=false',
  ),
  perContainer(
    () => 'unrestricted capabilities',
    c =>
      !(c.securityContext?.capabilities?.drop ?? []).includes('ALL') ||
      added(c).some(cap => cap !== 'NET_BIND_SERVICE'),
    () => 'must set securityContext.capabilities.drop=["ALL"]',
  ),
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccomp,
];

/** The violations of a Pod Security Standard in a pod spec, in the admission plugin's words. */
export function podSecurityViolations(
  spec: any,
  level: SecurityLevel,
): string[] {
  const checks =
    { privileged: [], baseline: BASELINE, restricted: RESTRICTED }[level] ?? [];
  const visited = {
    pod: spec,
    containers: [...(spec.initContainers ?? []), ...(spec.containers ?? [])],
  };
  return checks.map(check => check(visited)).filter(text => text !== undefined);
}
