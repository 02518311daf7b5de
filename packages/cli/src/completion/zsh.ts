import {
  type CommandWords,
  functionOf,
  type OptionWords,
  type ProgramWords,
  type Value,
} from './words';

const quoted = (text: string) => `'${text.replace(/'/g, `'\\''`)}'`;

/** Of a message in a specification of "_arguments" or "_describe". */
const escaped = (text: string) => text.replace(/[\\[\]:]/g, '\\$&');

function actionOf({ name, choices, isFile }: Value): string {
  const known = isFile ? '_files' : ' ';
  const action = choices.length > 0 ? `(${choices.join(' ')})` : known;
  return `:${escaped(name)}:${action}`;
}

function optionSpec({ names, description, value }: OptionWords): string {
  const end = `[${escaped(description)}]${value ? actionOf(value) : ''}`;
  const spelt = names.map(name => {
    const joined = name.startsWith('--') ? '=' : '+';
    return value ? `${name}${joined}` : name;
  });
  return names.length > 1
    ? `${quoted(`(${names.join(' ')})`)}{${spelt.join(',')}}${quoted(end)}`
    : quoted(`${spelt[0]}${end}`);
}

function commandCase({ name, options, arguments: values }: CommandWords) {
  const specs = [
    ...options.map(optionSpec),
    ...values.map((value, at) => quoted(`${at + 1}${actionOf(value)}`)),
  ];
  return `        ${name})
          _arguments -s ${specs
            .map(spec => `\\\n            ${spec}`)
            .join(' ')} ;;`;
}

/** A script for zsh: a file of `fpath`, or to be sourced after \`compinit\`. */
export function zshCompletion(program: ProgramWords): string {
  const { name, options, commands } = program;
  const own = functionOf(program);
  return `#compdef ${name}
# Completion of ${name} for zsh: source <(${name} completion zsh)
${own}() {
  local context state state_descr line curcontext="$curcontext"
  local -a commands
  typeset -A opt_args
  _arguments -C ${[
    ...options.map(optionSpec),
    quoted('1:command:->command'),
    quoted('*::argument:->argument'),
  ]
    .map(spec => `\\\n    ${spec}`)
    .join(' ')}
  case $state in
    command)
      commands=(
${commands
  .map(
    command =>
      `        ${quoted(`${command.name}:${escaped(command.description)}`)}`,
  )
  .join('\n')}
      )
      _describe command commands ;;
    argument)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac ;;
  esac
}
if [[ $funcstack[1] == ${own} ]]; then
  ${own} "$@"
else
  compdef ${own} ${name}
fi
`;
}
