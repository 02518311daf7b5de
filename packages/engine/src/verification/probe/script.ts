/**
 * What the probe pod runs: `bash -c PROBE_SCRIPT probe <out> <grace> <imds> {name argc argv…}…`.
 *
 * It needs only bash, head, base64 and aws (without sleep it retries at once). It never calls the agent itself: the
 * CLI does, through its own credential chain, and its error text carries the agent's status and body. Every answer is
 * one line `name exit-code base64` in the termination message (4 KiB in all); of a long text the beginning and the
 * end are kept, because AWS names the denying layer at the end of its sentence. The exit code of the script says
 * nothing about the verdict.
 *
 * `grace` is how many seconds after a change the agent's 400 and 404, and denials of the permission commands, may
 * still reflect the earlier state; 429 and 500 are temporary and are retried for at least ten. The pauses between two
 * tries are a quarter of a second, half of one, and then a second.
 *
 * Most of the time of a run is the start of the CLI. So each permission command is begun while the call before it
 * still runs, the first one beside the call for the identity: two at a time, which is what the memory limit holds.
 * A command that failed because it was too early for the identity is asked again.
 *
 * Kubernetes expands `$(NAME)` in a command: nothing here has that shape, and there is no double dollar.
 */
export const PROBE_SCRIPT = `out=$1; grace=$2; imds=$3; shift 3
emit() {
  local LC_ALL=C text=$3
  if [ \${#text} -gt 560 ]; then text="\${text:0:200} ... \${text: -355}"; fi
  printf '%s %s %s\\n' "$1" "$2" "$(printf %s "$text" | head -c 560 | base64 -w0)" >> "$out"
}
wait=0.25
pause() { sleep $wait 2>/dev/null || :; case $wait in 0.25) wait=0.5 ;; *) wait=1 ;; esac; }
limits="--cli-connect-timeout 3 --cli-read-timeout 10"
nr=0
begin() {
  if [ $# -eq 0 ]; then return; fi
  nr=$((nr + 1)); aws "\${@:3:$2}" $limits > /dev/null 2> "answer.$nr" & job=$!
}
denied() { case "$text" in *AccessDenied*|*UnauthorizedOperation*|*AuthorizationError*|*"(403)"*) ;; *) return 1 ;; esac; }
early() { [ $tries -gt 1 ] || ! denied || case "$text" in *"Received non 200"*) ;; *) return 1 ;; esac; }
begin "$@"
start=$SECONDS; end=$((start + grace)); short=$((start + (grace > 10 ? grace : 10))); tries=0
while :; do
  tries=$((tries + 1))
  text=$(aws sts get-caller-identity --output json $limits 2>&1); code=$?
  if [ $code -eq 0 ]; then break; fi
  case "$text" in
    *"Received non 200 response 400"*|*"Received non 200 response 404"*) if [ $SECONDS -ge $end ]; then break; fi ;;
    *"Received non 200 response 429"*|*"Received non 200 response 500"*) if [ $SECONDS -ge $short ]; then break; fi ;;
    *) break ;;
  esac
  pause
done
held=$code
emit identity $code "$text"
emit tries $tries ""
beside=yes
while [ $held -eq 0 ] && [ $# -gt 0 ]; do
  name=$1; n=$2; argv=("\${@:3:$n}"); shift $((n + 2))
  begun=$job; file=answer.$nr; begin "$@"
  wait $begun; code=$?; text=$(head -c 4096 "$file")
  while [ $code -ne 0 ]; do
    if [ $beside = yes ] && early; then :
    elif denied && [ $SECONDS -lt $end ]; then pause
    else break; fi
    beside=no
    text=$(aws "\${argv[@]}" $limits 2>&1 >/dev/null); code=$?
  done
  beside=no
  emit "$name" $code "$text"
done
if [ "$imds" = yes ]; then
  text=$(unset AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE
    AWS_METADATA_SERVICE_TIMEOUT=2 AWS_METADATA_SERVICE_NUM_ATTEMPTS=1 aws sts get-caller-identity --query Arn --output text $limits 2>&1)
  code=$?; emit imds $code "\${text:0:90}"
fi
exit 0
`;

/** One permission check as the script expects it. */
export interface ScriptCommand {
  name: string;
  command: string[];
}

/** Escapes a user's words against Kubernetes' `$(NAME)` expansion: `$$` yields one dollar. */
export function withoutExpansion(word: string): string {
  return word.replace(/\$(?=[$(])/g, '$$$$');
}

/** Arguments that follow `bash -c PROBE_SCRIPT`. */
export function probeArguments(options: {
  out: string;
  graceSeconds: number;
  checkImds: boolean;
  commands: readonly ScriptCommand[];
}): string[] {
  return [
    'probe',
    options.out,
    String(Math.max(0, Math.ceil(options.graceSeconds))),
    options.checkImds ? 'yes' : 'no',
    ...options.commands.flatMap(({ name, command }) => [
      // The prefix distinguishes a check called "identity" from the script's own lines.
      `p.${name}`,
      String(command.length),
      ...command,
    ]),
  ];
}
