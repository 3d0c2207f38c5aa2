# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Prose in many languages, with the words that go with values but without the values, in sentences of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

SENTENCES = {
    "English": (
        "Please never send your password by e-mail.",
        "The passport office opens at nine.",
        "Her driver's licence had expired in the spring.",
        "He was born in a small town near the coast and moved away at seventeen.",
        "My phone is broken, so call the hotel instead.",
        "The bank account was opened years ago by their grandmother.",
        "A token of our gratitude will follow.",
        "The secret of good bread is time.",
        "Room 1204 is on the twelfth floor; dial 9 for an outside line.",
        "In 1984 the firm had 3,500 workers in 12 countries.",
        "The key idea is that nothing is stored.",
        "She paid by card and left.",
        "Social security is a matter for the state.",
        "We met at 10:30 on 4 May 2021 and again a week later.",
        "The address of the server is kept in the vault.",
        "Version two will be better, said the engineer; version 3.1 was not.",
        "Turn left at number 45, then walk 200 metres.",
        "The licence covers up to 25 seats, at $ 1,200 a year.",
        "He scored 3,012 points in 82 games.",
        "Our account manager will call you back within two working days.",
        "The pin was gold and the pan was iron.",
        "They can swift-ly move to another bank.",
    ),
    "German": (
        "Bitte senden Sie niemals Ihr Passwort per E-Mail.",
        "Der Reisepass liegt im Büro.",
        "Sein Führerschein ist abgelaufen.",
        "Sie wurde in einem kleinen Dorf geboren.",
        "Das Konto wurde 1998 eröffnet und 2004 geschlossen.",
        "Am 3. Oktober 1990 war ein Feiertag.",
        "Die Steuer beträgt 19 % auf 1.234.567,89 Euro.",
        "Artikel 12 Absatz 3 Satz 2 gilt entsprechend.",
        "Das Telefon klingelte dreimal.",
    ),
    "French": (
        "N'envoyez jamais votre mot de passe par courriel.",
        "Le passeport est dans le tiroir.",
        "Elle est née dans un petit village de Bretagne.",
        "Le permis de conduire coûte 1 800 euros.",
        "La population atteint 67 413 000 habitants.",
        "Le téléphone sonne depuis ce matin.",
        "Le 14 juillet 1789, la foule prit la Bastille.",
        "Notre compte est bon.",
    ),
    "Spanish": (
        "Nunca envíes tu contraseña por correo.",
        "El pasaporte está en la mesa.",
        "Nació en un pueblo de la costa.",
        "La cuenta asciende a 1.234.567,89 euros.",
        "El 12 de octubre de 1492 llegaron a la isla.",
        "Mi teléfono no funciona desde ayer.",
        "El carnet de conducir se renueva cada diez años.",
    ),
    "Italian": (
        "Non inviare mai la password per posta.",
        "Il passaporto è scaduto.",
        "È nato in un paese di montagna.",
        "Il conto è di 1.234,56 euro.",
        "Nel 1861 gli abitanti erano 22.182.377.",
        "La patente si prende a diciotto anni.",
        "Il codice fiscale serve per il contratto.",
    ),
    "Portuguese": (
        "Nunca envie a sua senha por e-mail.",
        "O passaporte ficou no hotel.",
        "Nasceu numa aldeia do Minho.",
        "A conta foi de 1.234,56 euros.",
        "Em 25 de abril de 1974 caiu o regime.",
        "O CPF é pedido em todas as lojas.",
    ),
    "Dutch": (
        "Stuur je wachtwoord nooit per e-mail.",
        "Het paspoort ligt in de la.",
        "Ze is geboren in een klein dorp.",
        "Het rijbewijs kost 41 euro en 50 cent.",
        "In 1953 brak de dijk op 67 plaatsen.",
        "Het BSN staat op je loonstrook.",
    ),
    "Polish": (
        "Nigdy nie wysyłaj hasła pocztą.",
        "Paszport leży na biurku.",
        "Urodziła się w małej wsi.",
        "Rachunek wyniósł 1 234 567,89 zł.",
        "Dnia 11 listopada 1918 roku wojna się skończyła.",
        "Numer PESEL jest wymagany.",
    ),
    "Russian": (
        "Никогда не отправляйте пароль по почте.",
        "Паспорт лежит на столе.",
        "Он родился в маленькой деревне.",
        "Население составляет 146 447 424 человека.",
        "Телефон молчал весь день.",
        "В 1961 году полёт длился 108 минут.",
    ),
    "Turkish": (
        "Parolanızı asla e-postayla göndermeyin.",
        "Pasaport masanın üstünde.",
        "Küçük bir köyde doğdu.",
        "Nüfus 85.279.553 kişidir.",
        "Telefon bütün gün çalmadı.",
    ),
    "Greek": (
        "Μη στέλνετε ποτέ τον κωδικό σας με ταχυδρομείο.",
        "Το διαβατήριο είναι στο συρτάρι.",
        "Γεννήθηκε σε ένα μικρό χωριό.",
        "Ο πληθυσμός είναι 10.432.481 κάτοικοι.",
    ),
    "Chinese": (
        "请不要通过邮件发送密码。",
        "护照在抽屉里。",
        "他出生在一个小村庄。",
        "2021年人口为14.1亿。",
        "电话响了三次。",
        "第3章第12节说明了这一点。",
    ),
    "Japanese": (
        "パスワードをメールで送らないでください。",
        "パスポートは机の上にあります。",
        "彼女は小さな村で生まれた。",
        "1964年10月10日に開会式が行われた。",
        "電話は鳴らなかった。",
        "人口は1億2,614万人です。",
    ),
    "Arabic": (
        "لا ترسل كلمة المرور بالبريد أبدا.",
        "جواز السفر في الدرج.",
        "ولد في قرية صغيرة عام ١٩٨٤.",
        "رن الهاتف ثلاث مرات.",
    ),
    "Hindi": (
        "अपना पासवर्ड कभी ईमेल से न भेजें।",
        "पासपोर्ट मेज़ पर है।",
        "उसका जन्म एक छोटे गाँव में हुआ था।",
        "आधार कार्ड ज़रूरी है।",
        "सन १९४७ में भारत स्वतंत्र हुआ।",
    ),
    "Korean": (
        "비밀번호를 메일로 보내지 마세요.",
        "여권은 책상 위에 있습니다.",
        "그는 작은 마을에서 태어났다.",
        "인구는 5,178만 명이다.",
    ),
}


def prose(rng: random.Random) -> str:
    """One to four sentences of one language."""
    language = rng.choice(["English", *SENTENCES])
    return " ".join(rng.choice(SENTENCES[language]) for _ in range(rng.randint(1, 4)))


FAMILIES = {"prose": prose}
