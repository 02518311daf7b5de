import { Document, isScalar, visit } from 'yaml';

/** A value as YAML in the style of this repository: short lists of texts in one line, no line broken. */
export function yamlText(value: unknown): string {
  const document = new Document(structuredClone(value), {
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Seq(_, node) {
      const texts = node.items.map(item => isScalar(item) && item.value);
      node.flow = texts.every(
        text => typeof text === 'string' && text.length <= 40,
      );
    },
  });
  return document.toString({
    lineWidth: 0,
    singleQuote: true,
    flowCollectionPadding: false,
  });
}

/** Lines of a comment. */
export const commented = (text: string): string =>
  text
    .split('\n')
    .map(line => `# ${line}`)
    .join('\n');
