import type { OptionWords, ProgramWords, Value } from './words';

const quoted = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;

function known({ choices, isFile }: Value): string[] {
  if (isFile) return ['-F'];
  return choices.length > 0 ? ['-a', quoted(choices.join(' '))] : [];
}

const ofOption = ({ names, description, value }: OptionWords) => [
  ...names.flatMap(name =>
    name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)],
  ),
  // Without -x, files would be offered beside the choices.
  ...(value ? [value.isFile ? '-r' : '-x', ...known(value)] : []),
  '-d',
  quoted(description),
];

/** A script for fish 3 and later. */
export function fishCompletion({ name, options, commands }: ProgramWords) {
  const first = '__fish_use_subcommand';
  const after = (command: string) => `'__fish_seen_subcommand_from ${command}'`;
  const lines = [
    ['-f'],
    ...options.map(option => ['-n', first, ...ofOption(option)]),
    ...commands.flatMap(command => [
      ['-n', first, '-a', command.name, '-d', quoted(command.description)],
      ...command.options.map(option => [
        '-n',
        after(command.name),
        ...ofOption(option),
      ]),
      ...command.arguments
        .map(known)
        .filter(words => words.length > 0)
        .map(words => ['-n', after(command.name), ...words]),
    ]),
  ];
  return `# Completion of ${name} for fish: ${name} completion fish | source
${lines.map(words => `complete -c ${name} ${words.join(' ')}`).join('\n')}
`;
}
