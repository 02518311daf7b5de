import { labelValue, qualifiedName } from './names';

/** One requirement of a label selector: `key`, `!key`, `key=value`, `key in (a,b)`, `key>1`. */
export interface Requirement {
  key: string;
  operator: string;
  values: string[];
}

const BINARY = ['in', 'notin', '=', '==', '!=', 'gt', 'lt'];
const COMPARISONS: Record<string, string> = { '>': 'gt', '<': 'lt' };
const TOKENS = /\s*(?:([=!(),><]+)|([^\s=!(),><]+))/g;
const SYMBOLS = ['==', '!=', '=', '!', '(', ')', ',', '>', '<'];

interface Token {
  symbol: boolean;
  text: string;
}

function symbolsOf(text: string): string[] {
  const symbol = SYMBOLS.find(each => text.startsWith(each));
  return symbol ? [symbol, ...symbolsOf(text.slice(symbol.length))] : [];
}

const tokensOf = (selector: string): Token[] =>
  [...selector.matchAll(TOKENS)].flatMap(([, symbols, word]): Token[] =>
    word
      ? [{ symbol: false, text: word }]
      : symbolsOf(symbols).map(text => ({ symbol: true, text })),
  );

/** Why a text is no label selector, in the API server's words. */
export class SelectorError extends Error {}

/** Parses a label selector as apimachinery does; its errors name what it found and what it expected. */
class Parser {
  #at = 0;

  constructor(private readonly tokens: Token[]) {}

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    while (this.#at < this.tokens.length) {
      if (!this.startsRequirement()) {
        throw this.found("!, identifier, or 'end of string'");
      }
      try {
        requirements.push(this.requirement());
      } catch (error) {
        throw error instanceof SelectorError
          ? new SelectorError(`unable to parse requirement: ${error.message}`)
          : error;
      }
      if (this.#at < this.tokens.length) {
        this.expect(',', "',' or 'end of string'");
        if (!this.startsRequirement()) {
          throw this.found("identifier after ','");
        }
      }
    }
    return requirements;
  }

  private requirement(): Requirement {
    const absent = this.take('!');
    const key = this.word('identifier');
    assertValid(qualifiedName(key), '<nil>', key);
    if (this.ended()) {
      return { key, operator: absent ? '!' : 'exists', values: [] };
    }
    const operator = this.operator();
    const values = ['in', 'notin'].includes(operator)
      ? this.values()
      : [this.exactValue()];
    assertValues(key, operator, values);
    return { key, operator, values };
  }

  private operator(): string {
    const text = this.peek()?.text ?? '';
    const operator = COMPARISONS[text] ?? text;
    if (!BINARY.includes(operator)) {
      throw this.found(BINARY.join(', '));
    }
    this.#at += 1;
    return operator;
  }

  private values(): string[] {
    if (!this.take('(')) {
      throw new SelectorError(
        `found '${this.peek()?.text ?? ''}' expected: '('`,
      );
    }
    const values: string[] = [];
    let value = '';
    for (;;) {
      const token = this.peek();
      if (token && !token.symbol && value === '') {
        value = token.text;
      } else if (token?.symbol && [',', ')'].includes(token.text)) {
        values.push(value);
        value = '';
      } else {
        throw this.found(value ? "',' or ')'" : "',', ')' or identifier");
      }
      this.#at += 1;
      if (token.symbol && token.text === ')') {
        return values;
      }
    }
  }

  private exactValue(): string {
    return this.ended() ? '' : this.word('identifier');
  }

  private peek(): Token | undefined {
    return this.tokens[this.#at];
  }

  private ended(): boolean {
    const token = this.peek();
    return !token || (token.symbol && token.text === ',');
  }

  private startsRequirement(): boolean {
    const token = this.peek();
    return token !== undefined && (!token.symbol || token.text === '!');
  }

  private take(symbol: string): boolean {
    const token = this.peek();
    const is = Boolean(token?.symbol && token.text === symbol);
    this.#at += Number(is);
    return is;
  }

  private expect(symbol: string, expected: string) {
    if (!this.take(symbol)) {
      throw this.found(expected);
    }
  }

  private word(expected: string): string {
    const token = this.peek();
    if (!token || token.symbol) {
      throw this.found(expected);
    }
    this.#at += 1;
    return token.text;
  }

  private found(expected: string) {
    return new SelectorError(
      `found '${this.peek()?.text ?? ''}', expected: ${expected}`,
    );
  }
}

function assertValid(faults: string[], field: string, value: string) {
  if (faults.length > 0) {
    throw new SelectorError(
      `${field}: Invalid value: ${JSON.stringify(value)}: ${faults.join('; ')}`,
    );
  }
}

function assertValues(key: string, operator: string, values: string[]) {
  if (['gt', 'lt'].includes(operator)) {
    assertValid(
      /^[+-]?\d+$/.test(values[0])
        ? []
        : ["for 'Gt', 'Lt' operators, the value must be an integer"],
      'values[0]',
      values[0],
    );
    return;
  }
  values.forEach((value, index) =>
    assertValid(labelValue(value), `values[${index}][${key}]`, value),
  );
}

/** The requirements of a label selector; throws {@link SelectorError}. */
export const parseLabelSelector = (selector: string): Requirement[] =>
  new Parser(tokensOf(selector)).parse();
