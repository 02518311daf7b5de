import type { FieldFrame } from '../components/Picker/types';

/** Values of the whole form, so far. */
export type FormValues = Record<string, unknown>;

/** What of its properties every field has, whatever its value. */
interface AnyField {
  idSchema: { $id: string };
  schema: { title?: string; description?: string };
  uiSchema?: {
    'ui:title'?: string;
    'ui:description'?: string;
    'ui:disabled'?: boolean;
  };
  required?: boolean;
  disabled?: boolean;
  readonly?: boolean;
  rawErrors?: string[];
  formContext?: { formData?: FormValues };
}

/** What the template says about a field, whatever it is for. */
export function frameOf(props: AnyField, title: string): FieldFrame {
  const { schema, uiSchema, idSchema } = props;
  return {
    id: idSchema.$id,
    label: uiSchema?.['ui:title'] ?? schema.title ?? title,
    description: uiSchema?.['ui:description'] ?? schema.description,
    required: props.required,
    disabled: Boolean(
      props.disabled || props.readonly || uiSchema?.['ui:disabled'],
    ),
    rawErrors: props.rawErrors,
  };
}

/** The values filled in so far, on all pages. */
export function valuesOf(props: Pick<AnyField, 'formContext'>): FormValues {
  return props.formContext?.formData ?? {};
}

/** The value if it is a non-empty text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
