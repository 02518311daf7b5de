import { IncomingMessage } from 'node:http';
import { FieldError, fieldErrors, invalid } from '../model/status';
import { RequestContext, UserInfo } from '../types';
import { RequestInfo } from './requestInfo';

/** Bytes of the name of a field manager. */
const MOST_MANAGER = 128;

/** The field manager; by default the first word of the client's user agent. */
function managerOf(request: IncomingMessage, query: URLSearchParams): string {
  const agent = request.headers['user-agent']?.split('/')[0] || 'unknown';
  return (query.get('fieldManager') || agent).slice(0, MOST_MANAGER);
}

function fieldValidationOf(
  query: URLSearchParams,
): RequestContext['fieldValidation'] {
  const value = query.get('fieldValidation');
  return value === 'Strict' || value === 'Ignore' ? value : 'Warn';
}

const WRITE_OPTIONS: Record<string, string> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
};

function writeErrors(query: URLSearchParams): FieldError[] {
  const dryRun = query.getAll('dryRun').filter(Boolean);
  const manager = query.get('fieldManager') ?? '';
  const validation = query.get('fieldValidation');
  return [
    ...(dryRun.some(value => value !== 'All')
      ? [fieldErrors.notSupported('dryRun', dryRun, ['All'])]
      : []),
    ...(manager.length > MOST_MANAGER
      ? [
          fieldErrors.tooLong(
            'fieldManager',
            `may not be more than ${MOST_MANAGER} bytes`,
          ),
        ]
      : []),
    ...(validation && !['Strict', 'Warn', 'Ignore'].includes(validation)
      ? [
          fieldErrors.notSupported('fieldValidation', validation, [
            'Ignore',
            'Strict',
            'Warn',
          ]),
        ]
      : []),
  ];
}

/** The caller's options of a request; refuses those that a write must not have. */
export function contextOf(
  request: IncomingMessage,
  { query, resource }: RequestInfo,
  user: UserInfo,
  apiServer: number,
): RequestContext {
  const kind = WRITE_OPTIONS[resource?.verb ?? ''];
  const errors = kind ? writeErrors(query) : [];
  if (errors.length > 0) {
    throw invalid('meta.k8s.io', kind, '', errors);
  }
  return {
    user,
    apiServer,
    internal: false,
    dryRun: query.get('dryRun') === 'All',
    fieldManager: managerOf(request, query),
    fieldValidation: fieldValidationOf(query),
    warnings: [],
  };
}
