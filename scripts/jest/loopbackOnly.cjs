'use strict';
const { Socket } = require('node:net');

/**
 * Tests reach nothing but this machine: a connection to any other host fails at once, with the host's name. Node's core
 * modules are shared by all test files of a process, so it is done once.
 */
const done = Symbol.for('tests connect to this machine only');

if (!Socket.prototype[done]) {
  const { connect } = Socket.prototype;
  Socket.prototype[done] = true;
  Socket.prototype.connect = function connectHere(...args) {
    const host = hostOf(...args);
    if (host === undefined || staysHere(host)) {
      return connect.apply(this, args);
    }
    const refusal = new Error(`A test must not connect to ${host}`);
    // As a real failure does, it comes after the caller has set everything up
    process.nextTick(() => this.destroy(refusal));
    return this;
  };
}

/** Of every form that `connect` takes; undefined for a local socket. */
function hostOf(target, host) {
  // net.connect() hands its arguments on as one list
  const [first, second] = Array.isArray(target) ? target : [target, host];
  if (typeof first === 'object') {
    return first.path ? undefined : first.host ?? 'localhost';
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) {
    return undefined;
  }
  return typeof second === 'string' ? second : 'localhost';
}

/** A name below `invalid` is reserved for what must not be found. */
function staysHere(host) {
  return /^(.+\.)?localhost$|^127(\.\d+){3}$|^::1$|\.invalid$/.test(host);
}
