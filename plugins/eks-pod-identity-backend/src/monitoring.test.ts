import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const folder = join(__dirname, '../../../deploy/monitoring');
const TESTS = 'prometheus-rules.test.yaml';
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8'));

interface Case {
  alertname: string;
  exp_alerts?: unknown[];
}

// Of Debian's package "prometheus"; the file is for operators, who have it
const PROGRAM = 'promtool';
const isHere = !spawnSync(PROGRAM, ['--version']).error;

describe('the alerts for Prometheus', () => {
  it('each have a case in which they fire, and one in which they do not', () => {
    const rules: { alert: string }[] = read('prometheus-rules.yaml').groups[0]
      .rules;
    const cases: Case[] = read(TESTS).tests.flatMap(
      (test: { alert_rule_test: Case[] }) => test.alert_rule_test,
    );
    const of = (fires: boolean) =>
      new Set(
        cases
          .filter(({ exp_alerts }) => Boolean(exp_alerts?.length) === fires)
          .map(({ alertname }) => alertname),
      );
    const all = new Set(rules.map(({ alert }) => alert));
    expect(all.size).toBeGreaterThan(10);
    expect([of(true), of(false)]).toEqual([all, all]);
  });

  (isHere ? describe : describe.skip)(
    `by promtool${isHere ? '' : ' (LEFT OUT: promtool is not installed)'}`,
    () => {
      it('fire as it expects', () => {
        const { status, stdout, stderr } = spawnSync(
          PROGRAM,
          ['test', 'rules', TESTS],
          { cwd: folder, encoding: 'utf8' },
        );
        expect({ status, said: status ? stdout + stderr : '' }).toEqual({
          status: 0,
          said: '',
        });
      });
    },
  );
});
