"""Small wrong changes to correct publishers, as data: what is wrong, the change of the text, and the test that must see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutant:
    """`changes`: pieces of the source, each of which must be there, and what stands there instead. `of`: the correct publisher."""

    name: str
    caught_by: str
    changes: tuple[tuple[str, str], ...]
    of: str = "plaza"

    def applied(self, source: str) -> str:
        """The source with all changes."""
        for old, new in self.changes:
            assert old in source, f"{self.name}: {old!r} is not in the source"
            source = source.replace(old, new, 1)
        return source


def _row(name: str) -> str:
    return f"test_an_answer_becomes_the_right_error[{name}]"


def _mutant(name: str, caught_by: str, *changes: tuple[str, str]) -> Mutant:
    return Mutant(name=name, caught_by=caught_by, changes=changes)


def _fountain(name: str, caught_by: str, *changes: tuple[str, str]) -> Mutant:
    return Mutant(name=name, caught_by=caught_by, changes=changes, of="fountain")


_HEADERS = '    headers = {**_headers(profile), **more.pop("headers", {})}\n'
_ONCE = "    answer = _request(ctx, profile, method, path, **more)\n    if answer.status not in (200, 201, 202):\n"
_SEND = '        return _answered(_post(ctx, request, "/posts", parent=parent), ctx)\n'
_RENDER = "        return render_plain(post, profile, limits)\n"
_PREPARED = '        return Prepared(handles={"media": uploaded}, expires_at=ctx.now() + _UPLOADS_HOLD)\n'
_JOB = '    if "job" in post:\n        return Pending(check_after=_SOON, handles={"job": post["job"]})\n'
_IMPORTS = "from dataclasses import dataclass, field\n"
_GONE = "        if answer.status in (204, 404):\n            return Receipt(remote_id=request.receipt.remote_id, at=ctx.now())\n"
_TAKEN = "        if answer.status in (204, 404):\n            return Receipt(remote_id=request.schedule.remote_id, at=ctx.now())\n"
_KEPT = '    ctx.credentials.put("refresh", Secret(fresh["refresh"]))\n    ctx.credentials.put("access", Secret(fresh["access"]))\n'
_ADDRESS = '            body = {"url": ctx.public_url(picture.sha256, until), "alt": picture.alt}\n'


def _address(without: str) -> tuple[str, str]:
    """Asking for an address, with what is done where there is none."""
    asking = "            try:\n                address = ctx.public_url(picture.sha256, until)\n            except Exception:\n"
    return _ADDRESS, f'{asking}    {without}            body = {{"url": address, "alt": picture.alt}}\n'


_WORDS = 'html.unescape(notice["html"].replace("<br>", "\\n"))'
_ON = '        on=notice["on"],\n'
_NOTICES = '        notices = _list(_ask(ctx, request.profile, "GET", "/notices", params=params))\n'
_HEARD = "        return ListenPage(\n"


def _rendering(change: str) -> tuple[str, str]:
    return (
        _RENDER,
        f"        from dataclasses import replace\n\n        done = render_plain(post, profile, limits)\n        return {change}\n",
    )


def _caught(kind: str, handling: str) -> tuple[str, str]:
    """What is asked for in `_once`, with an error handled in its own way."""
    asking = "        answer = _request(ctx, profile, method, path, **more)\n"
    return _ONCE, (
        f"    try:\n{asking}    except {kind} as error:\n        {handling}\n    if answer.status not in (200, 201, 202):\n"
    )


MUTANTS = (
    # ---- importing, settings, claims, limits
    _mutant("opens a file when imported", "test_importing_touches_nothing", (_IMPORTS, f"{_IMPORTS}open(__file__, 'a').close()\n")),
    _mutant("reads a file when imported", "test_importing_touches_nothing", (_IMPORTS, f"{_IMPORTS}open('/etc/passwd').close()\n")),
    _mutant("prints when imported", "test_importing_touches_nothing", (_IMPORTS, f"{_IMPORTS}print('ready')\n")),
    _mutant("looks up a name when imported", "test_importing_touches_nothing", (_IMPORTS, f"{_IMPORTS}import socket\nsocket.gethostbyname('localhost')\n")),
    _mutant("starts a program when registered", "test_importing_touches_nothing", ("    return [Plaza()]", "    import subprocess\n\n    subprocess.run(['true'])\n    return [Plaza()]")),
    _mutant("offers itself under another name", "test_importing_touches_nothing", ("    return [Plaza()]", "    other = Plaza()\n    other.name = 'square'\n    return [other]")),
    _mutant("explains no setting", "test_settings_are_typed_and_explained", ('token: Secret = field(metadata={"help": "A reference to the account\'s token."})', "token: Secret")),
    _mutant("has settings that change", "test_settings_are_typed_and_explained", ("frozen=True, kw_only", "kw_only")),
    _mutant("takes the reference for the token", "test_it_says_who_we_are", ("token: Secret", "token: str"), ("settings.token.reveal()", "settings.token")),
    _mutant("shows the token in its settings", "test_settings_hold_references_and_no_secrets", ('    token: Secret = field(metadata={"help": "A reference to the account\'s token."})', '    token: Secret = field(metadata={"help": "A reference to the account\'s token."})\n\n    def __repr__(self) -> str:\n        return f"Settings({self.token.reveal()})"')),
    _mutant("claims what it lacks", "test_it_has_what_it_claims", ("def resume(", "def resumes(")),
    _mutant("finds without saying how surely", "test_it_has_what_it_claims", ('find="exact"', "find=None")),
    _mutant("takes absence for proof where it only resembles", "test_it_has_what_it_claims", ('find="exact"', 'find="resemblance"')),
    _mutant("takes a 500 for proof", "test_it_has_what_it_claims", ("frozenset({400,", "frozenset({500, 400,")),
    _mutant("dates its limits today", "test_limits_are_pure_and_have_a_source", ('as_of="2026-11-23"', "as_of=str(datetime.now().date())")),
    _mutant("does not say where limits are from", "test_limits_are_pure_and_have_a_source", ('provenance={"*"', 'provenance={"parts"')),
    _mutant("does not say who we are", "test_it_says_who_we_are", ("@{known['name']}", "@me")),
    _mutant("posts to see who we are", "test_it_says_who_we_are", ('        answer = _ask(ctx, request.profile, "GET", "/me")', '        hello = {"text": "Hello", "media": []}\n        _ask(ctx, request.profile, "POST", "/posts", json=hello, headers={"idempotency-key": "hello"})\n        answer = _ask(ctx, request.profile, "GET", "/me")')),
    _mutant("takes a bad day for a lost login", "test_inspecting_tells_a_lost_login_from_a_bad_day", ("answer.status == 401", "answer.status in (401, 503)")),
    _mutant("shows markup as it came", "test_small_abilities_keep_their_word", ("html.escape(", "str(")),
    _mutant("asks the platform for a preview", "test_small_abilities_keep_their_word", ("        file = BytesIO()\n", '        _ask(ctx, request.profile, "GET", "/me")\n        file = BytesIO()\n')),
    # ---- rendering
    _mutant("counts code points instead of graphemes", "test_limits_count_as_the_platform_counts", ("280), unit=TextUnit.GRAPHEMES", "280), unit=TextUnit.CODE_POINTS")),
    _mutant("counts bytes instead of graphemes", "test_limits_count_as_the_platform_counts", ("280), unit=TextUnit.GRAPHEMES", "280), unit=TextUnit.UTF8")),
    _mutant("allows one sign too many", "test_limits_count_as_the_platform_counts", ('"max_text", 280', '"max_text", 281')),
    _mutant("cuts inside an emoji", "test_rendering_loses_no_text", _rendering("replace(done, parts=tuple(replace(one, text=one.text[at : at + 140]) for one in done.parts for at in range(0, len(one.text) or 1, 140)))")),
    _mutant("cuts what is too long", "test_rendering_loses_no_text", _rendering("replace(done, parts=done.parts[:3])")),
    _mutant("loses the last part of a thread", "test_rendering_keeps_what_goes_with_the_text", _rendering("replace(done, parts=done.parts[:2])")),
    _mutant("turns the thread around", "test_rendering_loses_no_text", _rendering("replace(done, parts=done.parts[::-1])")),
    _mutant("leaves parts too long", "test_rendered_parts_obey_the_limits", (_RENDER, "        from smm_core import RenderedPart\n\n        return Rendering(parts=tuple(RenderedPart(text=text) for text in post.parts))\n")),
    _mutant("numbers parts that were full", "test_rendered_parts_obey_the_limits", _rendering("replace(done, parts=tuple(replace(one, text=f'{one.text} ({n} of {len(done.parts)} parts in all)') for n, one in enumerate(done.parts, 1)))")),
    _mutant("makes a thread of what fits", "test_rendered_parts_obey_the_limits", (_RENDER, "        from dataclasses import replace\n\n        short = replace(limits, text=(TextLimit(maximum=60, unit=TextUnit.GRAPHEMES),))\n        return render_plain(post, profile, short)\n")),
    _mutant("drops the first comment", "test_rendering_keeps_what_goes_with_the_text", _rendering("replace(done, first_comment='')")),
    _mutant("drops pictures", "test_rendering_keeps_what_goes_with_the_text", _rendering("replace(done, parts=tuple(replace(one, pictures=one.pictures[:1]) for one in done.parts))")),
    _mutant("drops the link", "test_rendering_keeps_what_goes_with_the_text", (_RENDER, "        from dataclasses import replace\n\n        return render_plain(replace(post, link=None), profile, limits)\n")),
    _mutant("drops hashtags", "test_rendering_keeps_what_goes_with_the_text", (_RENDER, "        from dataclasses import replace\n\n        return render_plain(replace(post, hashtags=()), profile, limits)\n")),
    _mutant("writes the time into the text", "test_rendering_is_pure", _rendering("replace(done, options={'at': str(datetime.now())[:10]})")),
    _mutant("remembers what it rendered", "test_rendering_is_pure", (_RENDER, "        from dataclasses import replace\n\n        self.seen = getattr(self, 'seen', 0) + 1\n        return replace(render_plain(post, profile, limits), options={'seen': self.seen})\n")),
    # ---- sending
    _mutant("sends plain ASCII", "test_what_was_approved_is_what_gets_out", ('{"text": part.text', '{"text": part.text.encode("ascii", "ignore").decode()')),
    _mutant("tidies the text while sending", "test_what_was_approved_is_what_gets_out", ('{"text": part.text', '{"text": " ".join(part.text.split())')),
    _mutant("uploads while sending", "test_sending_is_exactly_one_request", (_SEND, f"        self.prepare(PrepareRequest(profile=request.profile, action=request.action, part=request.part, key=request.key, digest=request.digest, due_at=request.due_at), ctx)\n{_SEND}")),
    _mutant("asks who we are before it sends", "test_sending_is_exactly_one_request", (_SEND, f"        _ask(ctx, request.profile, 'GET', '/me')\n{_SEND}")),
    _mutant("publishes while preparing", "test_sending_is_exactly_one_request", (_PREPARED, "        _post(ctx, request, '/posts')\n" + _PREPARED)),
    _mutant("goes around the client", "test_nothing_is_sent_when_the_time_is_over", (_SEND, "        import json\n        import urllib.request\n\n        body = {**_body(request.part, request.handles), 'parent': parent}\n        headers = {**_headers(request.profile), 'idempotency-key': request.key, 'content-type': 'application/json'}\n        url = request.profile.settings.url + '/posts'\n        plain = urllib.request.Request(url, json.dumps(body).encode(), headers)\n        with urllib.request.urlopen(plain) as answer:\n            return _receipt(json.loads(answer.read()))\n")),
    _mutant("takes too late for a no", "test_nothing_is_sent_when_the_time_is_over", _caught("TryLater", 'raise Rejected("too late") from error')),
    _mutant("drops alt text", "test_pictures_have_their_alternative_texts", ('data={"alt": attachment.alt}', "data={}")),
    _mutant("gives all pictures the same alt text", "test_pictures_have_their_alternative_texts", ('data={"alt": attachment.alt}', 'data={"alt": request.part.media[0].alt}')),
    _mutant("turns the pictures around", "test_pictures_have_their_alternative_texts", ('"media": uploaded', '"media": uploaded[::-1]')),
    _mutant("forgets the pictures", "test_pictures_have_their_alternative_texts", ('handles.get("media", [])', "[]")),
    _mutant("uploads every picture twice", "test_pictures_are_uploaded_once", ('            answer = _ask(ctx, request.profile, "POST", "/media"', '            _ask(ctx, request.profile, "POST", "/media", files={"file": file})\n            answer = _ask(ctx, request.profile, "POST", "/media"')),
    _mutant("goes on without a picture", "test_an_upload_that_fails_is_tried_again", ('            uploaded.append(_object(answer)["id"])', '            if answer.status == 201:\n                uploaded.append(_object(answer)["id"])'), ('answer = _ask(ctx, request.profile, "POST", "/media"', 'answer = _request(ctx, request.profile, "POST", "/media"')),
    _mutant("takes a bad upload for a no", "test_an_upload_that_fails_is_tried_again", ('            uploaded.append(_object(answer)["id"])', '            if answer.status != 201:\n                raise Rejected("no pictures today")\n            uploaded.append(_object(answer)["id"])'), ('answer = _ask(ctx, request.profile, "POST", "/media"', 'answer = _request(ctx, request.profile, "POST", "/media"')),
    _mutant("keeps uploads in memory", "test_preparing_may_be_repeated", (_PREPARED, "        self.uploaded = uploaded\n        return Prepared()\n"), ('handles.get("media", [])', "[]"), (_SEND, "        return _answered(_once(ctx, request.profile, 'POST', '/posts', json={'text': request.part.text, 'media': self.uploaded, 'parent': parent}, headers={'idempotency-key': request.key}), ctx)\n")),
    _mutant("describes a picture that is there twice once", "test_one_picture_twice_has_two_alternative_texts", ("        uploaded = []\n", "        uploaded = []\n        known: dict[str, str] = {}\n"), ("            body = ctx.media.read(attachment.sha256)\n", "            if attachment.sha256 in known:\n                uploaded.append(known[attachment.sha256])\n                continue\n            body = ctx.media.read(attachment.sha256)\n"), ('            uploaded.append(_object(answer)["id"])', '            known[attachment.sha256] = _object(answer)["id"]\n            uploaded.append(known[attachment.sha256])')),
    _mutant("uses uploads that ran out", "test_uploads_that_ran_out_are_made_anew", ("        uploaded = []\n", "        if request.handles:\n            return Prepared(handles=request.handles, expires_at=ctx.now() + _UPLOADS_HOLD)\n        uploaded = []\n")),
    _mutant("does not say when uploads run out", "test_uploads_that_ran_out_are_made_anew", (", expires_at=ctx.now() + _UPLOADS_HOLD", "")),
    _mutant("says too late when uploads run out", "test_uploads_that_ran_out_are_made_anew", ("_UPLOADS_HOLD = timedelta(hours=20)", "_UPLOADS_HOLD = timedelta(days=200)")),
    _mutant("hands out handles that are no JSON", "test_preparing_may_be_repeated", (_PREPARED, "        return Prepared(handles={'media': uploaded, 'profile': object()})\n")),
    _mutant("breaks threads apart", "test_a_thread_hangs_together", ("parent = request.parent.remote_id if request.parent else None", "parent = None")),
    _mutant("hangs all parts below the first", "test_a_thread_hangs_together", ("parent = request.parent.remote_id if request.parent else None", "parent = request.root.remote_id if request.root else None")),
    _mutant("makes posts of comments", "test_a_first_comment_hangs_below_its_post", ("parent = request.parent.remote_id if request.parent else None", "parent = request.parent.remote_id if request.parent and request.action is ActionKind.PUBLISH else None")),
    _mutant("gives half an address", "test_a_receipt_leads_to_the_post", ('url=post.get("url")', 'url=f"/posts/{post[\'id\']}"')),
    _mutant("makes up a remote id", "test_a_receipt_leads_to_the_post", ('remote_id=post["id"]', 'remote_id=post.get("key", "")[:8]')),
    _mutant("says published while it is pending", "test_a_pending_answer_is_resumed_after_a_restart", (_JOB, '    if "job" in post:\n        return Receipt(remote_id=post["job"])\n')),
    _mutant("keeps the job in memory", "test_a_pending_answer_is_resumed_after_a_restart", (_SEND, "        answer = _answered(_post(ctx, request, '/posts', parent=parent), ctx)\n        self.job = answer.handles['job'] if isinstance(answer, Pending) else ''\n        return answer\n"), ("{request.handles['job']}", "{self.job}")),
    _mutant("forgets the job when asked twice", "test_a_pending_answer_is_resumed_after_a_restart", ("handles={\"job\": job[\"job\"]}, note", "handles={\"job\": \"\"}, note")),
    # ---- what answers mean
    _mutant("retries after a cut answer", _row("lost answer"), _caught("OutcomeUnknown", "answer = _request(ctx, profile, method, path, **more)")),
    _mutant("takes no answer for a no", _row("cut answer"), _caught("OutcomeUnknown", 'raise Rejected("no answer") from error')),
    _mutant("takes no answer for not sent", _row("time-out after sending"), _caught("OutcomeUnknown", 'raise TryLater("no answer") from error')),
    _mutant("takes no connection for unknown", _row("refused connection"), _caught("TryLater", 'raise OutcomeUnknown("no answer") from error')),
    _mutant("takes a 5xx for not sent", _row("500"), ("(asking and answer.status >= 500)", "answer.status >= 500")),
    _mutant("takes a 503 for a no", _row("503"), ("400 <= answer.status < 500", "400 <= answer.status")),
    _mutant("takes a 401 for a no", _row("401"), ("answer.status == 401", "answer.status == 499")),
    _mutant("takes a 422 for unknown", _row("422"), ("400 <= answer.status < 500", "400 <= answer.status < 422")),
    _mutant("takes a 429 for a no", _row("429"), ("answer.status == 429 or", "False or")),
    _mutant("ignores Retry-After", _row("429 with seconds"), ("after=_wait(answer, now)", "after=None")),
    _mutant("takes seconds for minutes", _row("429 with seconds"), ("timedelta(seconds=int(said))", "timedelta(minutes=int(said))")),
    _mutant("ignores Retry-After as a date", _row("429 with a date"), ("return max(parsedate_to_datetime(said) - now, timedelta(0))", "return None")),
    _mutant("asks the machine for the time", _row("429 with a date"), ("parsedate_to_datetime(said) - now", "parsedate_to_datetime(said) - datetime.now(now.tzinfo)")),
    _mutant("cannot read what is no JSON", _row("a web page with 200"), ("    except ValueError:\n        raise OutcomeUnknown", "    except KeyError:\n        raise OutcomeUnknown")),
    _mutant("takes any 200 for a yes", _row("JSON without an id with 200"), ('        raise OutcomeUnknown("the plaza answered with something else")\n    return found\n\n\ndef _list', '        return {"id": "?"}\n    return found\n\n\ndef _list')),
    _mutant("keeps the platform's words to itself", "test_a_refusal_says_why", (": {_words(answer)}", "")),
    # ---- once and only once
    _mutant("sends a new key every time", "test_the_same_key_twice_makes_one_post", ('"idempotency-key": request.key', '"idempotency-key": f"{request.key}{__import__(\'uuid\').uuid4()}"')),
    _mutant("sends the text as the key", "test_the_same_key_twice_makes_one_post", ('"idempotency-key": request.key', '"idempotency-key": request.digest')),
    _mutant("takes another request under its key for a no", "test_the_same_key_with_new_uploads_makes_no_second_post", ("        return OutcomeUnknown(said)  # the key", "        return Rejected(said)  # the key")),
    _fountain("finds whatever the pictures", "test_what_only_reads_the_same_is_not_found", ('(post["text"], post["pictures"], post["parent"]) == ours', '(post["text"], post["parent"]) == (ours[0], ours[2])')),
    _fountain("finds whatever it hangs below", "test_equal_parts_of_a_thread_are_told_apart", ('(post["text"], post["pictures"], post["parent"]) == ours', '(post["text"], post["pictures"]) == ours[:2]')),
    _fountain("finds what is half an hour older", "test_what_never_got_out_is_not_found", ("_CLOCKS_DIFFER = timedelta(minutes=2)", "_CLOCKS_DIFFER = timedelta(minutes=30)")),
    _fountain("looks at the first page only", "test_what_got_out_is_found", ('page = answer["next"]', "page = None")),
    _mutant("finds by text only", "test_what_never_got_out_is_not_found", ('post["key"] == request.key', 'post["text"] == request.part.text')),
    _mutant("finds the newest", "test_what_got_out_is_found", ('post["key"] == request.key', "True")),
    _mutant("finds first parts only", "test_parts_and_comments_are_found", ('post["key"] == request.key', 'post["key"] == request.key and request.parent is None')),
    _mutant("looks at one page only", "test_what_got_out_is_found", ("if len(listed) < _PAGE:", "if True:")),
    _mutant("raises when nothing is there", "test_what_never_got_out_is_not_found", ("            if len(listed) < _PAGE:\n                return None\n", "            if len(listed) < _PAGE:\n                raise Rejected('not there')\n")),
    _mutant("takes an error for not there", "test_only_a_clear_no_settles_a_search", ('            answer = _ask(ctx, request.profile, "GET", "/posts", params=params)\n', '            answer = _request(ctx, request.profile, "GET", "/posts", params=params)\n            if answer.status != 200:\n                return None\n')),
    _mutant("gives up what it could not ask for", "test_a_question_that_is_not_answered_is_put_again", ("(asking and answer.status >= 500)", "False"), ("400 <= answer.status < 500", "400 <= answer.status")),
    # ---- deleting, editing, replying, scheduling
    _mutant("deletes another post", "test_deleting_takes_off_that_post_and_no_other", ('"DELETE", f"/posts/{request.receipt.remote_id}"', '"DELETE", "/posts/p1"')),
    _mutant("refuses to delete what is gone", "test_deleting_what_is_gone_is_a_success", (_GONE, _GONE.replace("(204, 404)", "(204,)"))),
    _mutant("says deleted after a 500", "test_a_deletion_without_an_answer_is_unknown", (_GONE, _GONE.replace("in (204, 404)", "!= 401"))),
    _mutant("edits by posting again", "test_editing_changes_that_post", ('_once(ctx, request.profile, "PUT", path, json=body)', '_once(ctx, request.profile, "POST", "/posts", json=body, headers={"idempotency-key": request.key})')),
    _mutant("forgets pictures when it edits", "test_editing_changes_that_post", ("body = _body(request.part, request.handles)\n        return _answered(_once(", "body = _body(request.part, {})\n        return _answered(_once(")),
    _mutant("replies to nobody", "test_a_reply_hangs_below_what_it_answers", ("parent=request.to.remote_id", "parent=None")),
    _mutant("publishes what it was to hand over", "test_what_is_handed_over_goes_out_later", ('"/schedules", at=', '"/posts", at=')),
    _mutant("hands over a time without an offset", "test_what_is_handed_over_goes_out_later", ("at=request.at.isoformat()", "at=request.at.replace(tzinfo=None).isoformat()")),
    _mutant("does not know what it handed over", "test_what_is_handed_over_goes_out_later", ('if schedule["post"] else Pending(check_after=_SOON)', 'if schedule["post"] else None')),
    _mutant("takes back what is out", "test_what_is_handed_over_goes_out_later", (_TAKEN, _TAKEN.replace("(204, 404)", "(204, 404, 409)"))),
    _mutant("takes nothing back", "test_what_is_taken_back_stays_in", ('_request(ctx, request.profile, "DELETE", f"/schedules/{request.schedule.remote_id}")', "Response(status=204, headers={}, body=b'', url='')")),
    # ---- what others say
    _mutant("hears markup", "test_a_comment_comes_as_it_was_written", (_WORDS, 'notice["html"]')),
    _mutant("leaves the markup's escapes", "test_a_comment_comes_as_it_was_written", (_WORDS, _WORDS.replace("html.unescape(", "("))),
    _mutant("writes authors with @", "test_a_comment_comes_as_it_was_written", ('notice["by"].removeprefix("@")', 'notice["by"]')),
    _mutant("takes the plaza's wall time", "test_a_comment_comes_as_it_was_written", ('datetime.fromisoformat(notice["at"]).astimezone(UTC)', 'datetime.fromisoformat(notice["at"])')),
    _mutant("forgets what a comment is on", "test_a_comment_comes_as_it_was_written", (_ON, "")),
    _mutant("names the notice, not what was said", "test_a_comment_comes_as_it_was_written", ('remote_id=notice["id"]', 'remote_id=notice["notice"]')),
    _mutant("takes mentions for comments", "test_a_mention_is_on_nothing_of_ours", ('InteractionKind.COMMENT if notice["on"] else InteractionKind.MENTION', "InteractionKind.COMMENT")),
    _mutant("hears comments only", "test_a_mention_is_on_nothing_of_ours", ("for one in notices)", 'for one in notices if one["on"])')),
    _mutant("always begins anew", "test_listening_goes_on_where_it_stopped", ('cursor=notices[-1]["notice"] if notices else request.cursor', 'cursor=""')),
    _mutant("forgets where it stopped when nothing is new", "test_listening_goes_on_where_it_stopped", ('if notices else request.cursor', 'if notices else ""')),
    _mutant("hears the first page only", "test_all_of_many_come_page_by_page", ("more=len(notices) == _NOTICES", "more=False")),
    _mutant("always has more", "test_all_of_many_come_page_by_page", ("more=len(notices) == _NOTICES", "more=True")),
    _mutant("takes the present for the time of a comment", "test_the_same_comes_twice_as_the_same", ('datetime.fromisoformat(notice["at"]).astimezone(UTC)', "datetime.now(UTC)")),
    _mutant("marks as read what it hears", "test_listening_only_reads", (_HEARD, f'        _request(ctx, request.profile, "POST", "/notices")\n{_HEARD}')),
    _mutant("answers below the post", "test_what_was_said_can_be_answered", (_ON, f'{_ON}        extra={{"on": notice["on"]}},\n'), ("parent=request.to.remote_id)", 'parent=request.to.extra.get("on") or request.to.remote_id)')),
    _mutant("takes a failure for nothing new", "test_no_answer_is_not_nothing_new", (_NOTICES, f"        try:\n    {_NOTICES}        except PluginError:\n            notices = []\n")),
    _mutant("keeps its token with what was said", "test_what_is_kept_of_others_holds_no_secret", (_ON, f'{_ON}        extra={{"with": _headers(profile)}},\n')),
    # ---- logging in, and servers that differ
    _mutant("promises a key before it has asked", "test_promises_of_a_server_are_pure", ('if "max_text" in known:', "if True:")),
    _mutant("promises by the hour", "test_promises_of_a_server_are_pure", ('if "max_text" in known:', "if datetime.now().hour >= 0:")),
    _mutant("has one state for all logins", "test_a_person_logs_in[a browser that comes back]", ("secrets.token_urlsafe(16)", '"login"')),
    _mutant("keeps no token", "test_a_person_logs_in[a code to copy]", ('        ctx.credentials.put("token", Secret(_object(answer)["id"]))\n', "")),
    _mutant("forgets where the browser came back to", "test_a_person_logs_in[a browser that comes back]", ('"redirect": request.redirect}\n        answer', '"redirect": ""}\n        answer')),
    _mutant("takes a wrong code for a bad day", "test_a_wrong_code_is_told", ("answer.status == 400:\n            raise NeedsLogin", "answer.status == 499:\n            raise NeedsLogin")),
    # ---- secrets
    _mutant("logs the token", "test_no_secret_is_told", (_HEADERS, f"{_HEADERS}    ctx.log.debug('asking with %s', headers)\n")),
    _mutant("keeps the token in its handles", "test_no_secret_is_told", (_PREPARED, "        return Prepared(handles={'media': uploaded, **_headers(request.profile)})\n")),
    _mutant("keeps the token in the receipt", "test_no_secret_is_told", (_SEND, "        answer = _answered(_post(ctx, request, '/posts', parent=parent), ctx)\n        if isinstance(answer, Pending):\n            return answer\n        return Receipt(remote_id=answer.remote_id, extra=_headers(request.profile))\n")),
    _mutant("says the token in an error", "test_no_secret_is_told", ("    return ctx.http.request(method, profile.settings.url + path, headers=headers, **more)", "    answer = ctx.http.request(method, profile.settings.url + path, headers=headers, **more)\n    if answer.status == 403:\n        raise NeedsLogin(f'not allowed with {headers}')\n    return answer")),
    _mutant("keeps the token in itself", "test_no_secret_is_told", (_PREPARED, f"        self.known = _headers(request.profile)\n{_PREPARED}"), ("    def inspect(", "    def __repr__(self) -> str:\n        return f'Plaza({vars(self)})'\n\n    def inspect(")),
    _mutant("writes the token to disk", "test_no_secret_is_told", (_PREPARED, f"        (ctx.data_dir() / 'last').write_text(str(_headers(request.profile)))\n{_PREPARED}")),
    _mutant("reads the token behind smm's back", "test_a_secret_that_the_platform_says_back_is_not_told", ("profile.settings.token.reveal()", "__import__('os').environ['PLAZA_TOKEN']")),
    _mutant("prints the token", "test_no_secret_is_told", (_HEADERS, f"{_HEADERS}    print(headers)\n")),
    _mutant("prints", "test_nothing_is_printed", (_SEND, f"        print('sending')\n{_SEND}")),
    _mutant("goes on without a token", "test_a_missing_secret_is_named", ('    return {"authorization": f"Bearer {profile.settings.token.reveal()}"}', "    try:\n        token = profile.settings.token.reveal()\n    except Exception:\n        token = 'none'\n    return {'authorization': f'Bearer {token}'}")),
    # ---- tokens that rotate
    _fountain("tries a new token before it keeps it", "test_a_new_token_is_stored_before_it_is_used", (_KEPT, f"    _object(ctx.http.request('GET', profile.settings.url + '/me', headers={{'authorization': 'Bearer ' + fresh['access']}}))\n{_KEPT}")),
    _fountain("keeps new tokens in memory", "test_a_new_token_is_stored_before_it_is_used", (_KEPT, "    _MEMORY['access'] = fresh['access']\n"), ('ctx.credentials.get("access") or', "(Secret(_MEMORY['access']) if _MEMORY else ctx.credentials.get('access')) or"), ("_FETCHES_WITHIN = ", "_MEMORY: dict[str, str] = {}\n_FETCHES_WITHIN = ")),
    _fountain("keeps a token for this run only", "test_a_new_token_outlives_a_restart", ('put("refresh"', 'put(f"refresh of {id(ctx)}"')),
    _fountain("keeps the refresh token of yesterday", "test_a_new_token_outlives_a_restart", ('put("refresh", Secret(fresh["refresh"]))', 'put("refresh", refresh)')),
    _fountain("takes a bad day for the end of a login", "test_a_new_token_that_does_not_come_today_comes_tomorrow", ("    if answer.status != 201:\n        raise _error(answer, ctx, asking=True)\n    fresh", "    if answer.status != 201:\n        raise NeedsLogin('the fountain gives no token')\n    fresh")),
    _fountain("throws its token away before it has another", "test_a_new_token_that_does_not_come_today_comes_tomorrow", ("    answer = ctx.http.request(\"POST\", f\"{profile.settings.url}/token\"", "    ctx.credentials.put('refresh', Secret(''))\n    answer = ctx.http.request(\"POST\", f\"{profile.settings.url}/token\"")),
    _fountain("fetches a token while it sends", "test_sending_fetches_no_token", ('answer = _request(ctx, request.profile, "POST", "/posts", json=body)', 'answer = _ask(ctx, request.profile, "POST", "/posts", json=body)')),
    _fountain("logs a new token", "test_no_secret_is_told", (_KEPT, f"    ctx.log.info('got %s', fresh)\n{_KEPT}")),
    _fountain("keeps a new token in its handles", "test_no_secret_is_told", ('handles={"media": fetched}', 'handles={"media": fetched, "token": _token(ctx, request.profile).reveal()}')),
    # ---- public addresses
    _fountain("asks for an address and tells another", "test_pictures_have_public_addresses_that_last", ("ctx.public_url(picture.sha256, until)", "ctx.public_url(picture.sha256, until).replace('.jpg', '.png')")),
    _fountain("has addresses that end too early", "test_pictures_have_public_addresses_that_last", ("request.due_at + _FETCHES_WITHIN", "ctx.now() + timedelta(minutes=10)")),
    _fountain("leaves out pictures without an address", "test_without_a_media_host_it_says_what_is_missing", _address("            continue\n")),
    _fountain("tries for ever without a media host", "test_without_a_media_host_it_says_what_is_missing", _address("            raise TryLater('no address') from None\n")),
    _fountain("wants an address where there is no picture", "test_without_a_media_host_it_says_what_is_missing", ("        fetched = []\n", "        fetched = []\n        ctx.public_url('0' * 64, until)\n")),
    # ---- what only the description of the API sees
    _mutant("sends a form", "test_a_receipt_leads_to_the_post", ("    return _once(ctx, request.profile, \"POST\", path, json=body, headers=headers)", "    return _once(ctx, request.profile, \"POST\", path, data={'text': body['text']}, headers=headers)")),
    _mutant("sends fields that nobody knows", "test_a_receipt_leads_to_the_post", ('{"text": part.text,', '{"status": part.text, "text": part.text,')),
    _mutant("asks for pages that are too large", "test_what_got_out_is_found", ("_PAGE = 100", "_PAGE = 500")),
)  # fmt: skip
