import { validationError } from '../errors';
import { functionCall } from './functions';

function add(found: Set<string>, name: string): void {
  if (!name.startsWith('AWS::')) {
    found.add(name);
  }
}

/** The names that Ref, Fn::GetAtt and Fn::Sub of a value refer to; of Fn::If, those of the branch that counts. */
export function referencesOf(
  value: unknown,
  holds: (condition: string) => boolean,
  found = new Set<string>(),
): Set<string> {
  const call = functionCall(value);
  const inner = (item: unknown) => referencesOf(item, holds, found);
  if (call?.name === 'Ref') {
    add(found, String(call.argument));
  } else if (call?.name === 'Fn::GetAtt') {
    add(found, [call.argument].flat().join('.').split('.')[0]);
  } else if (call?.name === 'Fn::Sub') {
    const [text, own] = [call.argument].flat() as [string, object?];
    inner(own);
    for (const [, name] of String(text).matchAll(/\$\{([^!}][^}]*)\}/g)) {
      if (!own || !Object.hasOwn(own, name)) {
        add(found, name.split('.')[0]);
      }
    }
  } else if (call?.name === 'Fn::If') {
    const [name, yes, no] = call.argument as [string, unknown, unknown];
    inner(holds(name) ? yes : no);
  } else if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(inner);
  }
  return found;
}

/** Each after all that it needs, else in the order given. */
export function inOrder(needs: Record<string, string[]>): string[] {
  const order: string[] = [];
  const open: string[] = [];
  const visit = (id: string) => {
    if (order.includes(id)) {
      return;
    }
    if (open.includes(id)) {
      const circle = open.slice(open.indexOf(id)).sort();
      throw validationError(
        `Circular dependency between resources: [${circle.join(', ')}]`,
      );
    }
    open.push(id);
    needs[id].forEach(visit);
    open.pop();
    order.push(id);
  };
  Object.keys(needs).forEach(visit);
  return order;
}
