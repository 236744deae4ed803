// UTF-8, for an engine without TextEncoder and TextDecoder. Invalid bytes become U+FFFD, as there.

const REPLACEMENT = 0xfffd;

export function encode(text) {
  if (globalThis.TextEncoder) {
    return new TextEncoder().encode(text);
  }
  const bytes = [];
  for (const character of text) {
    let point = character.codePointAt(0);
    if (point >= 0xd800 && point <= 0xdfff) {
      point = REPLACEMENT;
    }
    if (point < 0x80) {
      bytes.push(point);
    } else if (point < 0x800) {
      bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    } else {
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      );
    }
  }
  return Uint8Array.from(bytes);
}

export function decode(bytes) {
  if (globalThis.TextDecoder) {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }
  let text = "";
  let at = 0;
  while (at < bytes.length) {
    const [point, length] = character(bytes, at);
    text += String.fromCodePoint(point);
    at += length;
  }
  return text;
}

/** The code point that begins at an index, and the number of its bytes. */
function character(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) {
    return [first, 1];
  }
  // The bytes that follow, and the range of the first of them, without overlong forms and surrogates.
  let [follow, low, high] = [0, 0x80, 0xbf];
  if (first >= 0xc2 && first <= 0xdf) {
    follow = 1;
  } else if (first >= 0xe0 && first <= 0xef) {
    follow = 2;
    low = first === 0xe0 ? 0xa0 : 0x80;
    high = first === 0xed ? 0x9f : 0xbf;
  } else if (first >= 0xf0 && first <= 0xf4) {
    follow = 3;
    low = first === 0xf0 ? 0x90 : 0x80;
    high = first === 0xf4 ? 0x8f : 0xbf;
  }
  if (follow === 0) {
    return [REPLACEMENT, 1];
  }
  let point = first & (0x3f >> follow);
  for (let i = 1; i <= follow; i++) {
    const byte = bytes[at + i];
    // An index behind the end gives undefined, which is in no range.
    if (!(byte >= low && byte <= high)) {
      return [REPLACEMENT, i];
    }
    point = (point << 6) | (byte & 0x3f);
    [low, high] = [0x80, 0xbf];
  }
  return [point, follow + 1];
}
