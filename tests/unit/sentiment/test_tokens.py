"""What a text is made of, in whatever script."""

from processors.details import MAX_TEXT
from processors.sentiment.tokens import tokens
from schemas.rated_text import HIGHEST_TOKEN, MOST_TOKENS


def test_case_accents_and_width_as_they_are_typed_make_no_difference() -> None:
    assert tokens("GREAT Café") == tokens("great cafe\u0301") == tokens("ｇreat café")


def test_words_pairs_and_first_letters() -> None:
    alone = set(tokens("good")) | set(tokens("not"))
    pair = set(tokens("not good")) - alone
    assert len(pair) == 1, "that it was not good is a token of its own"
    assert pair.isdisjoint(tokens("good not"))
    assert set(tokens("delivered")) & set(tokens("delivery")), "forms of a word have something in common"


def test_what_is_said_twice_counts_once() -> None:
    assert len(tokens("bad bad bad")) == len({*tokens("bad"), *tokens("bad bad")}) == 2


def test_scripts_without_spaces_are_cut_into_runs() -> None:
    for sentence, part in (("这本书非常好看", "非常"), ("とても良い商品です", "良い"), ("อาหารอร่อยมาก", "อร่อย")):
        assert set(tokens(part)) & set(tokens(sentence)), sentence


def test_words_of_other_scripts_are_whole() -> None:
    for sentence, word in (
        ("सेवा बहुत अच्छी थी", "अच्छी"),
        ("الخدمة ممتازة جدًا", "ممتازة"),
        ("배송이 정말 빨라요", "정말"),
    ):
        assert set(tokens(word)) <= set(tokens(sentence)), sentence


def test_feelings_without_words() -> None:
    assert tokens("👍") != tokens("😡")
    assert tokens(":)") != tokens(":(")
    assert len(tokens("!!!")) == 1


def test_addresses_and_numbers_do_not_get_out() -> None:
    assert tokens("mail ada@example.org or see https://example.org/x?y=1 about order 20260311") == tokens(
        "mail or see about order"
    )


def test_nothing_and_nonsense() -> None:
    assert tokens("") == tokens(" \n.,; ") == []


def test_the_longest_text_fits_a_record() -> None:
    for piece in ("a ", "很", "ก", "👍", "é", "ab1 "):
        found = tokens("".join(piece + chr(0x4E00 + place) for place in range(MAX_TEXT))[:MAX_TEXT])
        assert len(found) <= MOST_TOKENS
        assert all(0 <= token <= HIGHEST_TOKEN for token in found)
