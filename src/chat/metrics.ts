import type { Backplane } from '../pubsub/backplane.ts';

/** What the chat counts. Labels never hold what users say or choose. */
export interface ChatMetrics {
  opened(kind: 'chat' | 'bare'): void;
  closed(code: number): void;
  received(bytes: number): void;
  refused(status: number): void;
  failed(code: string): void;
  slow(outcome: 'dropped' | 'closed'): void;
  /** Begins to read what is not counted but is. */
  observe(source: MetricsSource): void;
  /** The text that Prometheus reads, and its type. */
  render(): Promise<{ readonly type: string; readonly text: string }>;
}

/** What is read when somebody asks. */
export interface MetricsSource {
  readonly connections: number;
  readonly bufferedBytes: number;
  readonly sent: { readonly messages: number; readonly bytes: number };
  readonly backplane: Backplane;
}

interface Settable {
  set(value: number): void;
}

interface Countable {
  reset(): void;
  inc(value: number): void;
}

export interface MetricsOptions {
  /** In a worker: asks the primary, which asks all workers and adds up. Default: the metrics of this process. */
  readonly askPrimary?: () => Promise<string>;
}

/** Metrics through prom-client, with those of Node (event loop lag, heap, garbage collection) beside ours. */
export async function createMetrics({ askPrimary }: MetricsOptions = {}): Promise<ChatMetrics> {
  const { AggregatorRegistry, Counter, Gauge, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  // Its constructor makes this process answer the primary.
  const { contentType } = askPrimary ? new AggregatorRegistry() : registry;
  AggregatorRegistry.setRegistries([registry]);
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `halyard_${name}_total`, help, labelNames, registers });
  const opened = counter('connections_opened', 'WebSocket connections opened, by protocol', 'kind');
  const closed = counter('connections_closed', 'WebSocket connections closed, by close code', 'code');
  const refused = counter('handshakes_refused', 'Opening handshakes refused, by HTTP status', 'status');
  const received = counter('messages_received', 'Messages of clients that were accepted');
  const receivedBytes = counter('received_bytes', 'Bytes of messages of clients that were accepted');
  const failed = counter('errors_answered', 'Error answers to clients, by code', 'code');
  const slow = counter('slow_members', 'Messages that found a member too far behind, by outcome', 'outcome');

  // Counted elsewhere, and read when somebody asks.
  const mirror = (name: string, help: string, read: () => number): void => {
    const collect = (): void => {
      created.reset();
      created.inc(read());
    };
    const created: Countable = new Counter({ name: `halyard_${name}_total`, help, registers, collect });
  };
  const gauge = (name: string, help: string, read: () => number, aggregator: 'sum' | 'min' = 'sum'): void => {
    const options = { name: `halyard_${name}`, help, registers, aggregator };
    const created: Settable = new Gauge({ ...options, collect: () => created.set(read()) });
  };

  return {
    opened: (kind) => opened.inc({ kind }),
    closed: (code) => closed.inc({ code: code < 3_000 ? String(code) : 'application' }),
    refused: (status) => refused.inc({ status: String(status) }),
    received: (bytes) => {
      received.inc();
      receivedBytes.inc(bytes);
    },
    failed: (code) => failed.inc({ code }),
    slow: (outcome) => slow.inc({ outcome }),
    observe: (source) => {
      gauge('connections', 'Open WebSocket connections', () => source.connections);
      gauge('buffered_bytes', 'Bytes that wait for clients to read', () => source.bufferedBytes);
      const isReady = (): number => (source.backplane.state === 'ready' ? 1 : 0);
      gauge('backplane_ready', '1 if the other processes and the log can be reached', isReady, 'min');
      mirror('backplane_reconnects', 'Returns of the backplane', () => source.backplane.reconnects ?? 0);
      mirror('messages_sent', 'Messages sent to clients', () => source.sent.messages);
      mirror('sent_bytes', 'Bytes of messages sent to clients', () => source.sent.bytes);
    },
    render: async () => ({ type: contentType, text: await (askPrimary ?? (() => registry.metrics()))() }),
  };
}
