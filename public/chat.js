// The page: joins what the other files do.
import { ReconnectingWebSocket } from './reconnecting-websocket.js';
import { Composer } from './composer.js';
import { byId } from './dom.js';
import { flag } from './flags.js';
import { JoinForm } from './join-form.js';
import { LogView } from './log-view.js';
import * as memory from './memory.js';
import { PeopleView } from './people-view.js';
import { isRoom } from './rules.js';
import { Scroll } from './scroll.js';
import { Session } from './session.js';
import { StatusView } from './status-view.js';
import * as words from './words.js';

/** A replay longer than this is not read out, message by message. */
const READ_OUT = 10;
const DEFAULT_ROOM = 'lobby';

const welcome = byId('welcome', HTMLElement);
const chat = byId('chat', HTMLElement);
const roomName = byId('room-name', HTMLElement);
const scroller = byId('log', HTMLElement);
const log = new LogView(byId('messages', HTMLElement), byId('pending', HTMLElement));
const scroll = new Scroll(scroller, byId('newer', HTMLButtonElement));
const people = new PeopleView();
const joinForm = new JoinForm((name, room) => enter(name, room));
const status = new StatusView(() => (ended ? enter(who.name, who.room) : session?.hurry()));
const composer = new Composer({
  send: (text) => {
    scroll.toEnd();
    return session?.say(text) ? '' : words.FULL;
  },
  changed: (text) => memory.rememberDraft(who.room, text),
});

/** @type {Session | undefined} */
let session;
let ended = false;
let who = { name: '', room: '' };
let unseen = 0;

/** The room in the address bar, or ''. */
function roomOfAddress() {
  const room = location.hash.slice(1) || (new URLSearchParams(location.search).get('room') ?? '');
  return isRoom(room) ? room : '';
}

function connect() {
  const address = new URL('chat', location.origin + location.pathname);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return new ReconnectingWebSocket(address, { queue: { messages: 0 }, heartbeat: { message: '{"type":"ping"}' } });
}

function enter(name, room) {
  session?.leave();
  ended = false;
  who = { name, room };
  log.clear();
  status.reset();
  people.show([], '');
  show(chat);
  roomName.textContent = room;
  title();
  composer.enter(room, memory.draftOf(room));
  composer.focus();
  const keepUnsent = (unsent) => memory.rememberUnsent(room, unsent);
  const secret = memory.mySecret();
  session = new Session(connect(), { room, name, secret, unsent: memory.unsentOf(room), keepUnsent }, viewOf(room));
}

/** What a session tells, made visible. */
function viewOf(room) {
  return {
    status(now) {
      ended = now.kind === 'ended';
      status.show(now);
      if (now.kind !== 'online') composer.hint('');
    },
    joined(name) {
      memory.rememberName(name);
      memory.rememberRoom(room);
      if (roomOfAddress() !== room) history.replaceState(null, '', `#${room}`);
    },
    refused(code) {
      leave();
      joinForm.refuse(words.refused(code), code === 'bad-room' ? 'room' : 'name');
    },
    people: (all, me) => people.show(all, me),
    presence(event, name, time) {
      log.event(event === 'join' ? 'came in' : 'left', name, time);
      scroll.follow();
    },
    replay(messages) {
      if (messages.length > READ_OUT) readNothingOut();
    },
    message(message, isMine) {
      log.add(message, isMine);
      if (isMine) scroll.follow();
      else scroll.added();
      if (!isMine && document.hidden) title(unseen + 1);
    },
    gap() {
      log.gap(words.GAP);
      scroll.follow();
    },
    pending(unsent) {
      log.addPending(unsent);
      scroll.follow();
    },
    stored(key) {
      log.stored(key);
      composer.hint('');
    },
    failed(key, code) {
      log.failed(key, words.failed(code), (text) => composer.takeBack(text));
      scroll.follow();
    },
    delayed: (code) => composer.hint(words.delayed(code)),
    notice: (text) => status.notice(text),
  };
}

/** Screen readers read what is added to the log, but not a whole history. */
function readNothingOut() {
  scroller.setAttribute('aria-live', 'off');
  setTimeout(() => scroller.setAttribute('aria-live', 'polite'), 1_000);
}

function leave() {
  session?.leave();
  session = undefined;
  memory.rememberRoom('');
  joinForm.fill(who.name, who.room);
  show(welcome);
  title();
}

function show(view) {
  welcome.hidden = view !== welcome;
  chat.hidden = view !== chat;
}

function title(count = 0) {
  unseen = count;
  const place = chat.hidden ? 'Halyard' : `#${who.room} · Halyard`;
  document.title = count > 0 ? `(${count}) ${place}` : place;
}

byId('leave', HTMLButtonElement).addEventListener('click', () => {
  leave();
  joinForm.focus();
});

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) title();
});

addEventListener('hashchange', () => {
  const room = roomOfAddress();
  if (room === '' || (room === who.room && !chat.hidden)) return;
  if (chat.hidden) joinForm.fill(who.name || memory.lastName(), room);
  else enter(who.name, room);
});

byId('hoist', HTMLElement).append(...[...'HALYARD'].map(flag));

const room = roomOfAddress();
const name = memory.lastName();
if (name !== '' && room !== '' && room === memory.roomOfTab()) {
  enter(name, room);
} else {
  joinForm.fill(name, room || DEFAULT_ROOM);
  show(welcome);
  joinForm.focus();
}
