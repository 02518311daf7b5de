/** An expression of HCL, which is worth what the names of its scope are worth. */
type Expression = (scope: Record<string, unknown>) => unknown;

/** A block of HCL: `type "label" "label" { … }`. */
export interface Block {
  type: string;
  labels: string[];
  attributes: Record<string, Expression>;
  blocks: Block[];
}

const TOKEN =
  /\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w-]*|-?\d+(?:\.\d+)?|&&|\|\||[=!]=|[{}[\](),.?:=*!]))/y;

interface Token {
  /** Of a text, without its quotes. */
  text?: string;
  /** Of anything else. */
  sign?: string;
}

function tokensOf(source: string): Token[] {
  const bare = source.replace(/^\s*#.*$/gm, '');
  const tokens: Token[] = [];
  let at = 0;
  while (bare.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(bare);
    if (!found) {
      throw new Error(`No HCL: ${bare.slice(at, at + 60)}`);
    }
    tokens.push({ text: found[1], sign: found[2] });
    at = TOKEN.lastIndex;
  }
  return tokens;
}

const FUNCTIONS: Record<string, (...values: any[]) => unknown> = {
  one: (list: unknown[]) => list[0] ?? null,
  concat: (...lists: unknown[][]) => lists.flat(),
  join: (separator: string, list: string[]) => list.join(separator),
  // Its error, where nothing matches, is all that "can" is asked about
  regex: (pattern: string, text: string) => new RegExp(pattern).exec(text),
  can: (value: unknown) => value !== null,
  anytrue: (values: unknown[]) => values.includes(true),
  alltrue: (values: unknown[]) => values.every(value => value === true),
  length: (list: unknown[]) => list.length,
  substr: (text: string, from: number, length: number) =>
    text.slice(from, from + length),
};

/** Reads what the modules of deploy/ are written in; anything else of HCL is an error. */
class Reader {
  #at = 0;

  constructor(private readonly tokens: Token[]) {}

  get ended(): boolean {
    return this.#at === this.tokens.length;
  }

  #sign(): string | undefined {
    return this.tokens[this.#at]?.sign;
  }

  #take(sign?: string): string {
    const token = this.tokens[this.#at];
    if (!token || (sign !== undefined && token.sign !== sign)) {
      throw new Error(`Not ${sign}: ${JSON.stringify(token)}`);
    }
    this.#at++;
    return token.sign ?? token.text!;
  }

  #takeIf(sign: string): boolean {
    const there = this.#sign() === sign;
    this.#at += there ? 1 : 0;
    return there;
  }

  /** Attributes and blocks, up to a closing brace or the end. */
  body(): Pick<Block, 'attributes' | 'blocks'> {
    const attributes: Block['attributes'] = {};
    const blocks: Block[] = [];
    while (!this.ended && this.#sign() !== '}') {
      const name = this.#take();
      if (this.#takeIf('=')) {
        attributes[name] = this.expression();
        continue;
      }
      const labels: string[] = [];
      while (!this.#takeIf('{')) {
        labels.push(this.#take());
      }
      blocks.push({ type: name, labels, ...this.body() });
      this.#take('}');
    }
    return { attributes, blocks };
  }

  expression(): Expression {
    let value = this.#all();
    while (this.#takeIf('||')) {
      const [one, other] = [value, this.#all()];
      value = scope => one(scope) || other(scope);
    }
    if (!this.#takeIf('?')) {
      return value;
    }
    const yes = this.expression();
    this.#take(':');
    const no = this.expression();
    return scope => (value(scope) ? yes(scope) : no(scope));
  }

  #all(): Expression {
    let value = this.#comparison();
    while (this.#takeIf('&&')) {
      const [one, other] = [value, this.#comparison()];
      value = scope => one(scope) && other(scope);
    }
    return value;
  }

  #comparison(): Expression {
    const one = this.#term();
    const same = this.#takeIf('==');
    if (!same && !this.#takeIf('!=')) {
      return one;
    }
    const other = this.#term();
    return scope => (one(scope) === other(scope)) === same;
  }

  /** `for name in list : value ]`, after its bracket. */
  #each(): Expression {
    const name = this.#take();
    this.#take('in');
    const list = this.expression();
    this.#take(':');
    const value = this.expression();
    this.#take(']');
    return scope =>
      (list(scope) as unknown[]).map(item => value({ ...scope, [name]: item }));
  }

  #list(end: string): Expression[] {
    const items: Expression[] = [];
    while (!this.#takeIf(end)) {
      items.push(this.expression());
      this.#takeIf(',');
    }
    return items;
  }

  #object(): Expression {
    const members: [string, Expression][] = [];
    while (!this.#takeIf('}')) {
      const name = this.#take();
      this.#take('=');
      members.push([name, this.expression()]);
      this.#takeIf(',');
    }
    return scope =>
      Object.fromEntries(members.map(([name, of]) => [name, of(scope)]));
  }

  #term(): Expression {
    const { text } = this.tokens[this.#at];
    if (text !== undefined) {
      this.#at++;
      return template(text);
    }
    if (this.#takeIf('!')) {
      const value = this.#term();
      return scope => !value(scope);
    }
    if (this.#takeIf('[')) {
      if (this.#takeIf('for')) {
        return this.#each();
      }
      const items = this.#list(']');
      return scope => items.map(item => item(scope));
    }
    if (this.#takeIf('{')) {
      return this.#object();
    }
    const name = this.#take();
    if (/^(true|false|null|-?\d.*)$/.test(name)) {
      return () => JSON.parse(name);
    }
    if (this.#takeIf('(')) {
      const values = this.#list(')');
      return scope => FUNCTIONS[name](...values.map(of => of(scope)));
    }
    return this.#path(scope => scope[name]);
  }

  #path(of: Expression): Expression {
    if (this.#takeIf('.')) {
      const name = this.#take();
      return this.#path(scope => memberOf(of(scope), name));
    }
    if (!this.#takeIf('[')) {
      return of;
    }
    if (this.#takeIf('*')) {
      this.#take(']');
      const each = this.#path(scope => scope['*']);
      return scope =>
        (of(scope) as unknown[]).map(item => each({ ...scope, '*': item }));
    }
    const index = this.expression();
    this.#take(']');
    return this.#path(scope => memberOf(of(scope), index(scope) as number));
  }
}

function memberOf(value: unknown, name: string | number): unknown {
  const found = (value as any)?.[name];
  if (found === undefined) {
    throw new Error(`Nothing has the name ${name}`);
  }
  return found;
}

function template(text: string): Expression {
  const parts = text
    .split(/(\$\{[^}]*\})/)
    .map(
      (part): Expression =>
        part.startsWith('${')
          ? new Reader(tokensOf(part.slice(2, -1))).expression()
          : () => part.replaceAll('\\"', '"'),
    );
  return scope => parts.map(part => part(scope)).join('');
}

/** The blocks of a file. */
export function readHcl(source: string): Block[] {
  const reader = new Reader(tokensOf(source));
  const { blocks } = reader.body();
  if (!reader.ended) {
    throw new Error('There is more than HCL');
  }
  return blocks;
}
