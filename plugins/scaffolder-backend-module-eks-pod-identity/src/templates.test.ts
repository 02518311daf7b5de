import { readFileSync } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import {
  componentEntityV1alpha1Validator,
  domainEntityV1alpha1Validator,
  Entity,
  groupEntityV1alpha1Validator,
  KindValidator,
  locationEntityV1alpha1Validator,
  resourceEntityV1alpha1Validator,
  stringifyEntityRef,
  systemEntityV1alpha1Validator,
  userEntityV1alpha1Validator,
} from '@backstage/catalog-model';
import { templateEntityV1beta3Validator } from '@backstage/plugin-scaffolder-common';
import githubModule from '@backstage/plugin-scaffolder-backend-module-github';
import type { JsonObject } from '@backstage/types';
import { parsePodIdentityAnnotation } from 'backstage-plugin-eks-pod-identity-common';
import { parse } from 'yaml';
import { createAssociateAction } from './actions/createAssociateAction';
import { createMigrateAction } from './actions/createMigrateAction';
import { createRollbackAction } from './actions/createRollbackAction';
import { createTeardownAction } from './actions/createTeardownAction';
import { createVerifyAction } from './actions/createVerifyAction';
import type { PodIdentityActionOptions } from './actions/options';
import {
  startScaffolder,
  TestScaffolder,
  userEntity,
} from './__testUtils__/scaffolder';
import {
  filesBeside,
  OWN_TEMPLATE,
  readAppConfig,
  readTemplate,
  sampleCatalog,
  templateNames,
} from './__testUtils__/templates';

interface Field {
  title?: string;
  type?: string;
  pattern?: string;
  enum?: unknown[];
  enumNames?: string[];
  'ui:field'?: string;
  'ui:placeholder'?: string;
  'ui:options'?: { kind?: string; input?: JsonObject };
  errorMessage?: { pattern?: string };
  properties?: Record<string, Field>;
  dependencies?: Record<string, { oneOf: Field[] }>;
}

interface Step {
  id: string;
  action: string;
  input: JsonObject;
}

/** Names of inputs and outputs by action. */
const schemas = new Map(
  [
    createAssociateAction,
    createMigrateAction,
    createRollbackAction,
    createTeardownAction,
    createVerifyAction,
  ].map(create => {
    const { id, schema } = create({} as PodIdentityActionOptions);
    const namesOf = (part?: { properties?: object }) =>
      Object.keys(part?.properties ?? {});
    return [
      id,
      { input: namesOf(schema?.input), output: namesOf(schema?.output) },
    ];
  }),
);

const TARGET = ['clusterName', 'namespace', 'serviceAccount', 'entityRef'];
/** What a user chooses in the preview, and what shapes no plan. */
const CHOSEN = [
  'roleArn',
  'replaceRole',
  'createServiceAccount',
  'planOnly',
  'undoWhenCancelled',
  'undoWhenFailed',
];

/** Every field of a template's form, also those that depend on another. */
function fieldsOf(page: Field): Array<[string, Field]> {
  return [
    ...Object.entries(page.properties ?? {}),
    ...Object.values(page.dependencies ?? {}).flatMap(({ oneOf }) =>
      oneOf.flatMap(fieldsOf),
    ),
  ];
}

describe.each(templateNames())('the template %s', name => {
  const template = readTemplate(name);
  const spec = template.spec as JsonObject;
  const fields = (spec.parameters as Field[]).flatMap(fieldsOf);
  const steps = spec.steps as unknown as Step[];

  it('is valid', async () => {
    expect(await templateEntityV1beta3Validator.check(template)).toBe(true);
  });

  it('explains every rule of its form in words', () => {
    for (const [key, { pattern, errorMessage }] of fields) {
      expect([key, pattern && !errorMessage?.pattern]).toEqual([
        key,
        pattern && false,
      ]);
      expect(() => new RegExp(pattern ?? '', 'u')).not.toThrow();
    }
  });

  it('names every choice', () => {
    const choices = fields.filter(([, field]) => field.enumNames);
    expect(choices.map(([, { enumNames }]) => enumNames?.length)).toEqual(
      choices.map(([, field]) => field.enum?.length),
    );
  });

  it('leaves it to the portal which clusters there are', () => {
    const [, clusterName] = fields.find(([key]) => key === 'clusterName')!;
    expect(clusterName.enum).toBeUndefined();
    expect(clusterName['ui:field']).toBe('EksClusterPicker');
    const { eksPodIdentity } = readAppConfig();
    for (const { id, name: eksName } of eksPodIdentity.clusters) {
      expect(id ?? eksName).toMatch(new RegExp(clusterName.pattern!, 'u'));
    }
  });

  it('says in every picker what it is, for apps without the pickers', () => {
    const pickers = fields.filter(
      ([, field]) =>
        field.type === 'string' && /^Eks/.test(field['ui:field'] ?? ''),
    );
    expect(pickers.length).toBeGreaterThan(0);
    for (const [, field] of pickers) {
      expect(field['ui:placeholder']).toBe(field.title);
    }
  });

  it('uses only parameters that its form has', () => {
    const known = new Set(fields.map(([key]) => key));
    const used = JSON.stringify([spec.steps, spec.output]).matchAll(
      /parameters\.(\w+)/g,
    );
    for (const [, key] of used) expect(known).toContain(key);
  });

  it('uses only inputs and outputs that the actions of its steps have', () => {
    const ours = steps.filter(({ action }) => schemas.has(action));
    for (const { id, action, input } of ours) {
      const known = schemas.get(action)!;
      expect(known.input).toEqual(expect.arrayContaining(Object.keys(input)));
      const used = JSON.stringify([spec.steps, spec.output]).matchAll(
        new RegExp(`steps(?:\\.|\\[')${id}(?:'])?\\.output\\.(\\w+)`, 'g'),
      );
      expect(known.output).toEqual(
        expect.arrayContaining([...used].map(([, output]) => output)),
      );
    }
  });

  it('shows in its preview all that its step does', () => {
    const preview = fields.find(
      ([, field]) => field['ui:field'] === 'EksPlanPreview',
    )?.[1]['ui:options'];
    const previewed = steps.filter(
      ({ action }) =>
        preview && action === `eks:pod-identity:${preview.kind ?? 'associate'}`,
    );
    const shown = [...TARGET, ...Object.keys(preview?.input ?? {}), ...CHOSEN];
    expect(previewed).toHaveLength(preview ? 1 : 0);
    for (const { input } of previewed) {
      expect(shown).toEqual(expect.arrayContaining(Object.keys(input)));
      expect(Object.keys(input)).toEqual(
        expect.arrayContaining(Object.keys(preview?.input ?? {})),
      );
    }
  });
});

it('docs/templates.md shows pieces of its example', () => {
  const root = resolvePackagePath(import.meta.url, '../..');
  const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
  const example = read(`examples/${OWN_TEMPLATE}/template.yaml`);
  const blocks = read('docs/templates.md').matchAll(/```yaml\n([^]*?)```/g);
  const pieces = [...blocks]
    .map(([, block]) => block)
    // Of app-config
    .filter(block => !/^(catalog|eksPodIdentity):/.test(block));
  expect(pieces).toHaveLength(4);
  for (const piece of pieces) {
    const [line] = piece.split('\n', 1);
    const first = example.split('\n').find(one => one.trimStart() === line)!;
    const indent = first.slice(0, -line.length);
    expect(example).toContain(piece.replace(/^(?=.)/gm, indent));
  }
});

describe('new-service-with-aws-identity', () => {
  let scaffolder: TestScaffolder;
  afterAll(() => scaffolder?.stop());

  it('writes manifests that fit each other and the annotation (dry run)', async () => {
    scaffolder = await startScaffolder({
      entities: [userEntity('ana')],
      features: [githubModule],
    });
    const name = 'new-service-with-aws-identity';
    const { files, output } = await scaffolder.dryRun(
      readTemplate(name),
      {
        name: 'refund-api',
        description: 'Pays money back: "slowly"',
        owner: 'group:default/payments',
        clusterName: 'payments-prod',
        namespace: 'payments',
        image: 'registry.example.com/refund-api:1.0.0',
        repoUrl: 'github.com?owner=acme&repo=refund-api',
      },
      'user:default/ana',
      filesBeside(name),
    );

    const entity: Entity = parse(files['catalog-info.yaml']);
    expect(entity.metadata).toMatchObject({
      name: 'refund-api',
      description: 'Pays money back: "slowly"',
    });
    expect(
      parsePodIdentityAnnotation(
        entity.metadata.annotations?.['aws.amazon.com/eks-pod-identity'],
      ),
    ).toEqual({
      refs: [
        {
          cluster: 'payments-prod',
          namespace: 'payments',
          serviceAccount: 'refund-api',
        },
      ],
      problems: [],
    });
    const serviceAccount = parse(files['kubernetes/service-account.yaml']);
    const deployment = parse(files['kubernetes/deployment.yaml']);
    expect(serviceAccount.metadata).toEqual({
      name: 'refund-api',
      namespace: 'payments',
    });
    expect(deployment.metadata.namespace).toBe('payments');
    expect(deployment.spec.template.spec.serviceAccountName).toBe('refund-api');
    expect(deployment.spec.template.spec.containers[0].image).toBe(
      'registry.example.com/refund-api:1.0.0',
    );

    const next = new URL(
      String(output.links![2].url),
      'http://portal.example.com',
    );
    expect(next.pathname).toBe(
      '/create/templates/default/give-a-component-an-aws-identity',
    );
    expect(JSON.parse(next.searchParams.get('formData')!)).toEqual({
      entityRef: 'component:default/refund-api',
      clusterName: 'payments-prod',
      namespace: 'payments',
      serviceAccount: 'refund-api',
    });
  });
});

describe('the sample catalog', () => {
  const validators: Record<string, KindValidator> = {
    Component: componentEntityV1alpha1Validator,
    Domain: domainEntityV1alpha1Validator,
    Group: groupEntityV1alpha1Validator,
    Location: locationEntityV1alpha1Validator,
    Resource: resourceEntityV1alpha1Validator,
    System: systemEntityV1alpha1Validator,
    User: userEntityV1alpha1Validator,
  };
  const entities = sampleCatalog();

  it.each(
    entities.map(entity => [stringifyEntityRef(entity), entity] as const),
  )('%s is valid', async (_, entity) => {
    expect(await validators[entity.kind].check(entity)).toBe(true);
  });

  it('names only what exists', () => {
    const refs = new Set(entities.map(entity => stringifyEntityRef(entity)));
    for (const { spec } of entities) {
      const named = [
        spec?.owner && `group:default/${spec.owner}`,
        spec?.system && `system:default/${spec.system}`,
        spec?.domain && `domain:default/${spec.domain}`,
        ...((spec?.memberOf as string[]) ?? []).map(g => `group:default/${g}`),
        ...((spec?.dependsOn as string[]) ?? []).map(ref =>
          ref.replace(':', ':default/'),
        ),
      ].filter(Boolean);
      for (const ref of named) expect(refs).toContain(ref);
    }
  });

  it('has 8 to 45 components', () => {
    const components = entities.filter(({ kind }) => kind === 'Component');
    expect(components.length).toBeGreaterThanOrEqual(8);
    expect(components.length).toBeLessThanOrEqual(45);
  });
});
