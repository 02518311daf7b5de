import { FieldError, fieldErrors } from '../model/status';
import { portName } from '../model/names';

const { invalid, required, duplicate, notSupported } = fieldErrors;

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export const isPort = (port: unknown) =>
  Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;

export const portErrors = (port: unknown, field: string) =>
  isPort(port)
    ? []
    : [invalid(field, port, 'must be between 1 and 65535, inclusive')];

const protocolErrors = (protocol: string, field: string) =>
  PROTOCOLS.includes(protocol)
    ? []
    : [notSupported(field, protocol, PROTOCOLS)];

/** The ports of a container. */
export function validatePorts(ports: any[] = [], field: string): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${field}[${index}]`;
    const errors: FieldError[] = [];
    if (port.name) {
      const faults = portName(port.name);
      errors.push(
        ...faults.map(text => invalid(`${at}.name`, port.name, text)),
        ...(names.has(port.name) ? [duplicate(`${at}.name`, port.name)] : []),
      );
      names.add(port.name);
    }
    return [
      ...errors,
      ...(port.containerPort
        ? portErrors(port.containerPort, `${at}.containerPort`)
        : [required(`${at}.containerPort`)]),
      ...(port.hostPort ? portErrors(port.hostPort, `${at}.hostPort`) : []),
      ...protocolErrors(port.protocol, `${at}.protocol`),
    ];
  });
}

/** Ports of the node that two containers of a pod claim. */
export function validateHostPorts(
  containers: any[] = [],
  field: string,
): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, index) =>
    (container.ports ?? []).flatMap((port: any, i: number) => {
      if (!port.hostPort) {
        return [];
      }
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      const again = taken.has(key);
      taken.add(key);
      return again
        ? [duplicate(`${field}[${index}].ports[${i}].hostPort`, key)]
        : [];
    }),
  );
}

/** With `hostNetwork` a container's port is the node's. */
export const validateHostNetwork = (
  containers: any[] = [],
  field: string,
): FieldError[] =>
  containers.flatMap((container, index) =>
    (container.ports ?? []).flatMap((port: any, i: number) =>
      port.hostPort === port.containerPort
        ? []
        : [
            invalid(
              `${field}[${index}].ports[${i}].hostPort`,
              port.hostPort,
              'must match `containerPort` when `hostNetwork` is true',
            ),
          ],
    ),
  );
