import {
  type CommandWords,
  functionOf,
  type OptionWords,
  type ProgramWords,
  type Value,
} from './words';

/** The words have neither spaces nor quotes: names of options and commands, and choices. */
const offer = (words: readonly string[]) => `words='${words.join(' ')}'`;

function valueCase({ names, value }: OptionWords & { value: Value }): string {
  const { choices, isFile } = value;
  const known = isFile ? 'files=yes' : offer(choices);
  return `        ${names.join('|')}) ${known} ;;`;
}

function commandCase(command: CommandWords): string {
  const { name, options, arguments: values } = command;
  const others = [
    ...options.flatMap(({ names }) => names),
    ...values.flatMap(({ choices }) => choices),
  ];
  const withFile = values.some(({ isFile }) => isFile);
  return [
    `    ${name})`,
    '      case $prev in',
    ...options.flatMap(({ value, ...rest }) =>
      value ? [valueCase({ ...rest, value })] : [],
    ),
    `        *) ${offer(others)}${withFile ? ' files=yes' : ''} ;;`,
    '      esac ;;',
  ].join('\n');
}

/** A script for bash 3.2 and later. It reads the words as readline splits them: also at "=". */
export function bashCompletion(program: ProgramWords): string {
  const { name, options, commands } = program;
  const first = [
    ...commands.map(command => command.name),
    ...options.flatMap(({ names }) => names),
  ];
  return `# Completion of ${name} for bash: source <(${name} completion bash)
${functionOf(program)}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' files='' word
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  case $command in
    '') ${offer(first)} ;;
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n $files ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F ${functionOf(program)} ${name}
`;
}
