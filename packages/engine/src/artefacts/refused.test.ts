import { startSandbox, type Sandbox } from 'eks-sandbox';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { LITERALS, REFUSED } from './__testUtils__/refused';
import { stacksOf } from './__testUtils__/stacks';
import { blocksOf, planModule } from './__testUtils__/terraformModule';

const read = (file: string) =>
  readFileSync(resolve(__dirname, '../../../../deploy', file), 'utf8');

describe('a parameter that would give too much', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
  });
  afterAll(() => sandbox?.stop());

  const ROWS = REFUSED.flatMap(({ refused, ...one }) =>
    Object.entries(refused).map(
      ([parameter, [variable, values]]) =>
        [one.template, parameter, { ...one, variable, values }] as const,
    ),
  );

  it.each(ROWS)(
    'is refused by %s and its module: %s',
    async (template, parameter, { module, needed, values, variable }) => {
      const names = REFUSED.find(one => one.template === template)!.refused;
      // By the module's names; a parameter that refuses nothing is needed by neither
      const given = Object.entries(needed).map(([name, value]) => [
        names[name][0],
        value,
      ]);
      const { accountId: account, region } = sandbox;
      const place = { account, region };
      const stacks = stacksOf(sandbox, template);
      for (const value of values) {
        const wrong = parameter.startsWith('More') ? value.split(',') : value;
        expect(() =>
          planModule(
            blocksOf(module),
            { ...Object.fromEntries(given), [variable]: wrong },
            place,
          ),
        ).toThrow(/^It must be /);
        await expect(
          stacks.create({ ...needed, [parameter]: value }),
        ).rejects.toThrow(
          new RegExp(
            `Parameter '?${parameter}'? (failed to satisfy|must be one of)`,
          ),
        );
      }
      stacks.end();
    },
  );

  it.each(Object.entries(LITERALS))(
    'is none of those that eksctl.yaml has: %s',
    (name, literals) => {
      const [template, parameter] = name.split(' ');
      const { Parameters } = parse(read(template), { logLevel: 'silent' });
      const expression = new RegExp(
        `^(?:${Parameters[parameter].AllowedPattern})$`,
      );
      const found = literals(parse(read('eksctl.yaml')));
      expect(found.filter(text => !expression.test(text))).toEqual([]);
      expect(found).not.toEqual([]);
      const { refused } = REFUSED.find(one => one.template === template)!;
      expect(
        refused[parameter][1].filter(text => expression.test(text)),
      ).toEqual([]);
    },
  );
});
