import { stripVTControlCharacters } from 'node:util';
import type { Token, Tokens } from 'marked';
import type { Output } from '../io';
import { libraries } from '../libraries';
import { wrapFor } from './wrapping';

/** The answers of a check, as a report marks them, with their colours of ECMA-48. */
const ANSWERS: Record<string, { symbol: string; colour: number }> = {
  pass: { symbol: '✓', colour: 32 },
  note: { symbol: 'i', colour: 34 },
  warn: { symbol: '!', colour: 33 },
  fail: { symbol: '✗', colour: 31 },
  skip: { symbol: '-', colour: 2 },
  unknown: { symbol: '?', colour: 35 },
};

const BOLD = 1;
const CODE = 36;
const FIX = 'Fix: ';

/** Of the column of answers. */
const LABEL = 11;

const capitalised = (text: string) =>
  text.charAt(0).toLocaleUpperCase('en') + text.slice(1);

const plainLength = (text: string) => stripVTControlCharacters(text).length;

/** Markdown of our pages for a stream: answers in a column of their own, code in colour or in backticks. */
class Explanation {
  readonly #hasColours: boolean;
  readonly #wrap: (line: string, indent: number) => string;

  constructor(stream: Output) {
    this.#hasColours = Boolean(stream.hasColors?.());
    this.#wrap = wrapFor(stream) ?? (line => line);
  }

  paint(colour: number, text: string): string {
    return this.#hasColours ? `\u001b[${colour}m${text}\u001b[0m` : text;
  }

  blocks(tokens: readonly Token[], indent = 0): string[] {
    return tokens.flatMap(token => {
      switch (token.type) {
        case 'space':
          return [];
        case 'list':
          return (token as Tokens.List).items.flatMap(item =>
            this.#item(item, indent),
          );
        case 'table':
          return this.#table(token as Tokens.Table, indent);
        case 'code':
          return (token as Tokens.Code).text
            .split('\n')
            .map(line => `${' '.repeat(indent)}${line}`);
        default:
          return [this.#prose('', token, indent, indent)];
      }
    });
  }

  /** Its rows as items, with the first cell as what the others speak of. */
  #table({ header, rows }: Tokens.Table, indent: number): string[] {
    const line = (lead: string, cells: Tokens.TableCell[]) => {
      const [first, ...others] = cells.map(one => this.#children(one));
      return this.#wrap(
        `${' '.repeat(indent)}${lead}${first}: ${others.join(', ')}`,
        indent + 2,
      );
    };
    return [line('', header), ...rows.map(cells => line('• ', cells))];
  }

  #item({ tokens }: Tokens.ListItem, indent: number): string[] {
    const [head, ...rest] = tokens;
    const [label, shown] = this.#labelOf(head) ?? ['•', head];
    const inside = indent + (label === '•' ? 2 : LABEL);
    // Colours take no column.
    const blanks = ' '.repeat(inside - indent - plainLength(label));
    return [
      this.#prose(`${label}${blanks}`, shown, indent, inside),
      ...this.blocks(rest, inside),
    ];
  }

  /** `fail`: what follows, or "Fix: what follows"; undefined for another item. */
  #labelOf(head: Token): [string, Token] | undefined {
    const [first, ...more] = (head as Tokens.Text).tokens ?? [];
    const [next, ...others] = more;
    const answer = first?.type === 'codespan' && ANSWERS[first.text];
    if (answer && next?.raw.startsWith(': ')) {
      const text = next.raw.slice(2);
      return [
        this.paint(answer.colour, `${answer.symbol} ${first.text}`),
        { ...head, tokens: [{ ...next, raw: text, text }, ...others] } as Token,
      ];
    }
    if (first?.type === 'text' && first.raw.startsWith(FIX)) {
      const text = capitalised(first.raw.slice(FIX.length));
      return [
        this.paint(BOLD, 'Fix'),
        { ...head, tokens: [{ ...first, raw: text, text }, ...more] } as Token,
      ];
    }
    return undefined;
  }

  #prose(label: string, token: Token, at: number, indent: number): string {
    const text = this.#inline(token).replace(/\s+/g, ' ');
    return this.#wrap(`${' '.repeat(at)}${label}${text}`, indent);
  }

  #inline(token: Token): string {
    switch (token.type) {
      case 'codespan':
        return this.#hasColours ? this.paint(CODE, token.text) : token.raw;
      case 'link':
        return `${this.#children(token)} (${token.href})`;
      case 'strong':
        return this.paint(BOLD, this.#children(token));
      default:
        return 'tokens' in token && token.tokens
          ? this.#children(token)
          : (token as Tokens.Text).text;
    }
  }

  #children({ tokens = [] }: { tokens?: Token[] }): string {
    return tokens.map(one => this.#inline(one)).join('');
  }
}

/** A check with its question and its section of the page, for a stream. */
export function renderExplanation(
  { id, question }: { id: string; question: string },
  markdown: string,
  stream: Output,
): string {
  const explanation = new Explanation(stream);
  const tokens = libraries.marked.lexer(markdown);
  return [
    `${explanation.paint(BOLD, id)}: ${question}`,
    '',
    ...explanation.blocks(tokens),
    '',
    'In the report of a run, the fix names your objects and has the command.',
    '',
  ].join('\n');
}
