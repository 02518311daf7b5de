import { validationError } from '../errors';
import type { Template, TemplateParameter } from './parse';

const TYPES = /^(String|Number|CommaDelimitedList|List<Number>)$/;

const isSecret = ({ NoEcho }: TemplateParameter) => String(NoEcho) === 'true';

/** What Describe calls show of a parameter. */
export function shownValue(
  template: Template,
  name: string,
  value: string,
): string {
  const parameter = template.Parameters?.[name];
  return parameter && isSecret(parameter) ? '****' : value;
}

function check(name: string, rule: TemplateParameter, value: string): void {
  const refuse = (what: string) => {
    throw validationError(
      rule.ConstraintDescription
        ? `Parameter ${name} failed to satisfy constraint: ${rule.ConstraintDescription}`
        : `Parameter '${name}' ${what}`,
    );
  };
  if (rule.Type === 'Number' && !/^-?\d+(\.\d+)?$/.test(value)) {
    refuse('must be a number.');
  }
  if (
    rule.AllowedValues &&
    !rule.AllowedValues.some(allowed => String(allowed) === value)
  ) {
    refuse('must be one of AllowedValues');
  }
  if (
    rule.AllowedPattern &&
    !new RegExp(`^(?:${rule.AllowedPattern})$`).test(value)
  ) {
    refuse(`must match pattern ${rule.AllowedPattern}`);
  }
  if (rule.MinLength !== undefined && value.length < Number(rule.MinLength)) {
    refuse(`must contain at least ${rule.MinLength} characters`);
  }
  if (rule.MaxLength !== undefined && value.length > Number(rule.MaxLength)) {
    refuse(`must contain at most ${rule.MaxLength} characters`);
  }
}

/** The value of each parameter of a template: what was given, or its default. */
export function parameterTexts(
  template: Template,
  given: Record<string, string>,
): Record<string, string> {
  const rules = template.Parameters ?? {};
  const extra = Object.keys(given).filter(name => !Object.hasOwn(rules, name));
  if (extra.length > 0) {
    throw validationError(
      `Parameters: [${extra.join(', ')}] do not exist in the template`,
    );
  }
  const texts: Record<string, string> = {};
  const missing: string[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    if (!TYPES.test(rule.Type)) {
      throw validationError(
        `Template format error: Unrecognized parameter type: ${rule.Type}`,
      );
    }
    const value = given[name] ?? rule.Default;
    if (value === undefined || value === null) {
      missing.push(name);
    } else {
      texts[name] = String(value);
    }
  }
  if (missing.length > 0) {
    throw validationError(
      `Parameters: [${missing.join(', ')}] must have values`,
    );
  }
  for (const [name, value] of Object.entries(texts)) {
    check(name, rules[name], value);
  }
  return texts;
}

/** The values as Ref returns them. */
export function parameterValues(
  template: Template,
  texts: Record<string, string>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      /List/.test(template.Parameters![name].Type)
        ? text.split(',').map(item => item.trim())
        : text,
    ]),
  );
}
