import type { Argument, Command, Option } from 'commander';
import { NAME } from '../io';

/** What may stand for a value: fixed words, a file, or what only the user knows. */
export interface Value {
  name: string;
  choices: readonly string[];
  isFile: boolean;
}

export interface OptionWords {
  /** `--output`, and `-o` before it if it has a short form. */
  names: string[];
  description: string;
  /** Undefined for one without a value. */
  value?: Value;
}

export interface CommandWords {
  name: string;
  description: string;
  options: OptionWords[];
  arguments: Value[];
}

/** The words of a program: its commands, and the options before them. */
export interface ProgramWords {
  name: string;
  options: OptionWords[];
  commands: CommandWords[];
}

const valueOf = (name: string, choices: readonly string[] = []): Value => ({
  name,
  choices,
  isFile: name === 'file',
});

const ofOption = (option: Option): OptionWords => ({
  names: [option.short, option.long].filter(one => one !== undefined),
  description: option.description,
  ...(option.required || option.optional
    ? {
        value: valueOf(
          /[<[]([\w-]+)/.exec(option.flags)?.[1] ?? option.name(),
          option.argChoices,
        ),
      }
    : {}),
});

const ofArgument = (argument: Argument): Value =>
  valueOf(argument.name(), argument.argChoices);

/** Those that `--help` shows, from the definitions that parse the command line. */
export function wordsOf(program: Command): ProgramWords {
  const help = program.createHelp();
  const optionsOf = (command: Command) =>
    help.visibleOptions(command).map(ofOption);
  return {
    // Also where kubectl runs it: a shell completes the first word.
    name: NAME,
    options: optionsOf(program),
    commands: help.visibleCommands(program).map(command => ({
      name: command.name(),
      description: help.subcommandDescription(command),
      options: optionsOf(command),
      arguments: command.registeredArguments.map(ofArgument),
    })),
  };
}

/** The name of a function of a shell. */
export const functionOf = ({ name }: ProgramWords) =>
  `_${name.replace(/-/g, '_')}`;
