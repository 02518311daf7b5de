/** A script like the one that the engine runs in its probe pods. */
export const PROBE_SCRIPT = `out=$1; grace=$2; shift 2
emit() { printf '%s %s %s\\n' "$1" "$2" "$(printf %s "$3" | head -c 560 | base64 -w0)" >> "$out"; }
end=$((SECONDS + grace))
while :; do
  text=$(aws sts get-caller-identity --output json --cli-connect-timeout 3 --cli-read-timeout 10 2>&1); code=$?
  [[ $code -ne 0 && $text =~ 'Received non 200 response '(400|404|429|500) && $SECONDS -lt $end ]] || break
done
emit identity $code "$text"
while [ $# -gt 0 ]; do name=$1; n=$2; shift 2; argv=("\${@:1:$n}"); shift "$n"
  text=$(aws "\${argv[@]}" 2>&1 >/dev/null); emit "$name" $? "$text"; done
exit 0
`;

export interface ProbeLine {
  name: string;
  exitCode: number;
  text: string;
}

/** Reads the lines of a probe's termination message. */
export const readProbe = (message: string): ProbeLine[] =>
  message
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [name, code, text = ''] = line.split(' ');
      return {
        name,
        exitCode: Number(code),
        text: Buffer.from(text, 'base64').toString('utf8'),
      };
    });

/** A probe pod: restricted Pod Security, read-only root, one shot. */
export const probePod = (
  name: string,
  serviceAccountName: string,
  options: { grace?: number; checks?: string[][] } = {},
) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    serviceAccountName,
    restartPolicy: 'Never',
    activeDeadlineSeconds: 180,
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      fsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [{ name: 'tmp', emptyDir: {} }],
    containers: [
      {
        name: 'probe',
        image: 'public.ecr.aws/aws-cli/aws-cli:2.23.6',
        workingDir: '/tmp',
        env: [
          { name: 'HOME', value: '/tmp' },
          { name: 'AWS_PAGER', value: '' },
          { name: 'AWS_MAX_ATTEMPTS', value: '3' },
        ],
        command: [
          '/bin/bash',
          '-c',
          PROBE_SCRIPT,
          'probe',
          '/dev/termination-log',
          String(options.grace ?? 0),
          ...(options.checks ?? []).flatMap(([check, ...argv]) => [
            check,
            String(argv.length),
            ...argv,
          ]),
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
  },
});
