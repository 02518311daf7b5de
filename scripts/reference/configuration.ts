import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { table } from '../lib/output.mjs';

/** One setting. */
interface Row {
  key: string;
  type: string;
  required: boolean;
  meaning: string;
}

interface Table {
  title: string;
  rows: Row[];
}

/** The page docs/configuration-reference.md, from the declarations that are the schema of the configuration. */
export function configurationReference(paths: string[]): string {
  const source = ts.createSourceFile(
    paths[0],
    paths.map(path => readFileSync(path, 'utf8')).join('\n'),
    ts.ScriptTarget.Latest,
    true,
  );
  const interfaces = new Map(
    source.statements
      .filter(ts.isInterfaceDeclaration)
      .map(one => [one.name.text, one] as const),
  );
  const names = (type: ts.TypeNode) =>
    ts.isTypeReferenceNode(type) ? type.typeName.getText() : '';

  const section = interfaces
    .get('Config')!
    .members.filter(ts.isPropertySignature)[0];
  const tables: Table[] = [{ title: 'The portal', rows: [] }];
  const separate = new Map<string, string>();

  const below = (title: string, ...named: string[]) => {
    const own = { title, rows: [] };
    tables.push(own);
    named.forEach(name => collect(interfaces.get(name)!.members, '', own));
  };
  const collect = (
    members: ts.NodeArray<ts.TypeElement>,
    prefix: string,
    into: Table,
  ) => {
    for (const member of members.filter(ts.isPropertySignature)) {
      const key = `${prefix}${member.name.getText()}`;
      const type = member.type!;
      const meaning = commentOf(member);
      const required = !member.questionToken;
      const items =
        ts.isTypeReferenceNode(type) && names(type) === 'Array'
          ? type.typeArguments![0]
          : undefined;
      const named = interfaces.get(names(type));
      if (ts.isTypeLiteralNode(type) && isMap(type)) {
        into.rows.push({ key, type: 'map', required, meaning });
      } else if (ts.isTypeLiteralNode(type)) {
        if (meaning) {
          into.rows.push({ key, type: 'section', required, meaning });
        }
        collect(type.members, `${key}.`, into);
      } else if (items && interfaces.has(names(items))) {
        into.rows.push({ key, type: 'list, see below', required, meaning });
        // The text of the other list says that it has these too
        const more = key === 'clusters' ? ['ClusterSettings'] : [];
        below(`Each of \`${key}\``, names(items), ...more);
      } else if (named) {
        into.rows.push({ key, type: 'section, see below', required, meaning });
        separate.set(names(type), key);
      } else {
        into.rows.push({ key, type: wordsOf(type), required, meaning });
      }
    }
  };
  collect((section.type as ts.TypeLiteralNode).members, '', tables[0]);
  separate.forEach((key, name) =>
    below(`Each \`${key.split('.').pop()}\``, name),
  );
  return [
    '# Configuration reference',
    'Made by `yarn reference` from `config.d.ts` of the backend plugin, by which Backstage checks the settings. [configuration.md](configuration.md) explains them and how they work together.',
    `All keys are below \`${section.name.getText()}\` in app-config. A duration is \`{ minutes: 5 }\`, \`5m\`, \`PT5M\`, or a number of milliseconds.`,
    ...tables.flatMap(({ title, rows }) => [
      `## ${title}`,
      table(
        ['key', 'type', 'meaning'],
        rows.map(({ key, type, required, meaning }) => [
          `\`${key}\``,
          `${type}${required ? ', **required**' : ''}`,
          cell(meaning),
        ]),
      ),
    ]),
  ].join('\n\n');
}

const isMap = (type: ts.TypeLiteralNode) =>
  type.members.every(ts.isIndexSignatureDeclaration);

function commentOf(node: ts.PropertySignature): string {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return ts.getTextOfJSDocComment(doc?.comment) ?? '';
}

/** A type as people say it. */
function wordsOf(type: ts.TypeNode): string {
  if (ts.isArrayTypeNode(type)) return `list of ${wordsOf(type.elementType)}s`;
  if (ts.isUnionTypeNode(type)) {
    return type.types
      .map(one => `\`${one.getText().replace(/'/g, '')}\``)
      .join(' or ');
  }
  const text = type.getText();
  if (/^Array</.test(text)) return 'list of maps';
  return text === 'string' ? 'text' : text.toLowerCase();
}

/** Text in a cell of a Markdown table. */
export const cell = (text: string) =>
  text.replace(/\s*\n\s*/g, ' ').replace(/\|/g, '\\|');
