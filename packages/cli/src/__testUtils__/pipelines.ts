import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Ended } from './CliWorld';
import { runCommand } from './runCommand';

const DEPLOY = resolve(__dirname, '../../../../deploy');

type Environment = Record<string, string | undefined>;

/** What a step or a job has left behind. */
export interface Step extends Ended {
  /** The text of a file of the repository, or of the runner; undefined where it is not there. */
  file(name: string): string | undefined;
}

/** What both stand-ins need: a folder with a checked-out repository, and programs on a PATH. */
export class Pipeline {
  readonly folder = mkdtempSync(join(tmpdir(), 'cli-pipeline-'));
  readonly repository = join(this.folder, 'repository');
  readonly programs = join(this.folder, 'programs');

  /** @param env - of the machine on which the pipeline runs */
  constructor(private readonly env: () => Environment) {
    mkdirSync(this.repository);
    mkdirSync(this.programs);
  }

  /** A file of the repository. */
  write(name: string, text: string): void {
    const path = join(this.repository, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** A program that the pipeline finds by its name. */
  program(name: string, script: string): void {
    const path = join(this.programs, name);
    writeFileSync(path, script);
    chmodSync(path, 0o755);
  }

  /** Runs a command in the repository. */
  run(command: string[], env: Environment = {}): Promise<Ended> {
    const PATH = [
      this.programs,
      dirname(process.execPath),
      process.env.PATH,
    ].join(':');
    return runCommand(command, {
      cwd: this.repository,
      env: { HOME: this.folder, PATH, ...this.env(), ...env },
    });
  }

  #left(ended: Ended, folder: string): Step {
    return {
      ...ended,
      file(name) {
        const path = join(folder, name);
        return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
      },
    };
  }

  /**
   * Runs the composite action as a runner of GitHub would, which it stands in for: GitHub's own parser and evaluator read
   * the action, and each step runs in the shell that a runner starts. Standard error comes after standard output.
   */
  async github(inputs: Record<string, string>): Promise<Step> {
    const { code, stdout, stderr } = await this.run([
      process.execPath,
      join(__dirname, 'githubAction.mjs'),
      join(DEPLOY, 'github-action/action.yml'),
      JSON.stringify(inputs),
    ]);
    if (code !== 0) throw new Error(stderr);
    const temp = mkdtempSync(join(this.folder, 'runner-'));
    const paths = {
      RUNNER_TEMP: temp,
      GITHUB_WORKSPACE: this.repository,
      GITHUB_STEP_SUMMARY: join(temp, 'summary'),
      GITHUB_OUTPUT: join(temp, 'output'),
    };
    let ended: Ended = { code: 0, stdout: '', stderr: '' };
    for (const { shell, run, isExpression, env } of JSON.parse(stdout)) {
      if (shell !== 'bash' || isExpression) {
        throw new Error(`It is no script of bash: ${run}`);
      }
      const script = join(temp, 'step.sh');
      writeFileSync(script, run);
      const bash = ['bash', '--noprofile', '--norc', '-eo', 'pipefail', script];
      ended = await this.run(bash, { ...paths, ...env });
      if (ended.code !== 0) break;
    }
    const left = this.#left(ended, this.repository);
    const ofRunner = this.#left(ended, temp);
    return { ...left, file: name => ofRunner.file(name) ?? left.file(name) };
  }

  /**
   * Runs the job of the component as a runner of GitLab would: gitlab-ci-local includes the component with its inputs and
   * checks the result by GitLab's schema. What then runs the script is a plain shell.
   */
  async gitlab(inputs: Record<string, unknown>): Promise<Step> {
    const component = join(DEPLOY, 'gitlab/templates/verify.yml');
    this.write('templates/verify.yml', readFileSync(component, 'utf8'));
    const include = [{ local: '/templates/verify.yml', inputs }];
    this.write('.gitlab-ci.yml', JSON.stringify({ include }));
    const git = (...args: string[]) => this.run(['git', ...args]);
    await git('init', '--quiet');
    // Only files of a commit can be included.
    const by = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    await git('add', '--all');
    await git(...by, 'commit', '--quiet', '--allow-empty', '--message=A');
    await git('remote', 'add', 'origin', 'https://gitlab.example.com/a/b.git');
    const { code, stdout, stderr } = await this.run([
      process.execPath,
      createRequire(__filename).resolve('gitlab-ci-local'),
      '--preview',
    ]);
    if (code !== 0) throw new Error(stderr);
    const { 'verify-identity': job } = parse(stdout);
    const ended = await this.run(['sh', '-e', '-c', job.script.join('\n')], {
      CI_PROJECT_DIR: this.repository,
      ...job.variables,
    });
    const left = this.#left(ended, this.repository);
    const { junit, codequality } = job.artifacts.reports;
    const reports: Record<string, string> = { junit, codequality };
    return { ...left, file: name => left.file(reports[name] ?? name) };
  }

  end(): void {
    rmSync(this.folder, { recursive: true });
  }
}
