//! Messages that Mastodon translates: English, German, French. `{}` stands for any text.

/// An English text and its German and French translations.
pub(super) type Message = (&'static str, &'static str, &'static str);

/// Beginning of the message about an invalid record, before the list of its errors.
pub(super) const VALIDATION_FAILED: Message = (
    "Validation failed: ",
    "Gültigkeitsprüfung ist fehlgeschlagen: ",
    "La validation a échoué : ",
);

/// Names of attributes. Those that are missing here have the same name in all languages.
pub(super) const ATTRIBUTES: &[Message] = &[
    ("Application name", "Anwendungsname", "Nom de l'application"),
    (
        "Application website",
        "Website der Anwendung",
        "Site web de l’application",
    ),
    ("Choices", "Auswahlfelder", "Choix"),
    ("Deadline", "Abstimmungsende", "Date d'échéance"),
    ("E-mail address", "E-Mail-Adresse", "Adresse de courriel"),
    ("Locale", "Sprache", "Langue"),
    ("Password", "Passwort", "Mot de passe"),
    ("Reason", "Begründung", "Motif"),
    ("Redirect URI", "Weiterleitungs-URI", "URI de redirection"),
    ("Scopes", "Befugnisse", "Étendues"),
    (
        "Service agreement",
        "Service-Vereinbarung",
        "Contrat de service",
    ),
    ("Username", "Profilname", "Nom d’utilisateur·ice"),
];

/// Errors of an attribute. The name of the attribute precedes them in a message.
pub(super) const ATTRIBUTE_ERRORS: &[Message] = &[
    (
        "can't be blank",
        "muss ausgefüllt werden",
        "doit être rempli(e)",
    ),
    ("must exist", "muss ausgefüllt werden", "doit exister"),
    ("is invalid", "ist nicht gültig", "n'est pas valide"),
    (
        "has already been taken",
        "ist bereits vergeben",
        "est déjà utilisé(e)",
    ),
    (
        "must be accepted",
        "muss akzeptiert werden",
        "doit être accepté(e)",
    ),
    (
        "is not included in the list",
        "ist kein gültiger Wert",
        "n'est pas inclus(e) dans la liste",
    ),
    ("is not a number", "ist keine Zahl", "n'est pas un nombre"),
    (
        "is too long (maximum is {} characters)",
        "ist zu lang (mehr als {} Zeichen)",
        "est trop long (pas plus de {} caractères)",
    ),
    (
        "is too short (minimum is {} characters)",
        "ist zu kurz (weniger als {} Zeichen)",
        "est trop court (au moins {} caractères)",
    ),
    ("is reserved", "ist bereits vergeben", "est réservé"),
    (
        "must contain only letters, numbers and underscores",
        "nur Buchstaben, Ziffern und Unterstriche",
        "doit contenir uniquement des lettres, chiffres et tirets bas",
    ),
    (
        "uses a disallowed e-mail provider",
        "verwendet einen unerlaubten E-Mail-Provider",
        "utilise un fournisseur de courriel interdit",
    ),
    (
        "does not seem to exist",
        "scheint nicht zu existieren",
        "ne semble pas exister",
    ),
    (
        "is below the age limit",
        "liegt unterhalb des Mindestalters",
        "est en dessous de la limite d'âge",
    ),
    (
        "is not a valid URL",
        "ist keine gültige URL",
        "n’est pas une URL valide",
    ),
    (
        "is not a valid domain name",
        "ist kein gültiger Domain-Name",
        "n'est pas un nom de domaine valide",
    ),
    (
        "is not a recognized emoji",
        "ist ein unbekanntes Emoji",
        "n’est pas un émoji reconnu",
    ),
    (
        "cannot contain a fragment.",
        "darf kein Fragment enthalten.",
        "ne peut contenir un fragment.",
    ),
    (
        "must be a valid URI.",
        "muss ein valider URI sein.",
        "doit être une URL valide.",
    ),
    (
        "must be an absolute URI.",
        "muss ein absoluter URI sein.",
        "doit être une URL absolue.",
    ),
    (
        "character limit of {} exceeded",
        "Begrenzung von {} Zeichen überschritten",
        "limite de {} caractères dépassée",
    ),
    (
        "contained a disallowed hashtag: {}",
        "enthält einen nicht-erlaubten Hashtag: {}",
        "contient un hashtag désactivé\u{202f}: {}",
    ),
    (
        "contained the disallowed hashtags: {}",
        "enthält nicht-erlaubte Hashtags: {}",
        "contient les hashtags désactivés\u{202f}: {}",
    ),
    (
        "contain duplicate items",
        "enthält doppelte Einträge",
        "contient des doublons",
    ),
    (
        "is too far into the future",
        "liegt zu weit in der Zukunft",
        "est trop loin dans le futur",
    ),
    ("is too soon", "ist zu früh", "est trop tôt"),
    (
        "cannot be longer than {} characters each",
        "darf nicht länger als {} Zeichen sein",
        "ne peuvent être plus long que {} caractères chacun",
    ),
    (
        "must have more than one item",
        "muss mehr als ein Auswahlfeld enthalten",
        "doit avoir plus qu’une proposition",
    ),
    (
        "can't contain more than {} items",
        "darf nicht mehr als {} Auswahlfelder enthalten",
        "ne peut contenir plus de {} propositions",
    ),
    (
        "date must be in the future",
        "Datum muss in der Zukunft liegen",
        "la date doit se situer dans le futur",
    ),
    (
        "does not reference valid rules",
        "verweist nicht auf gültige Serverregeln",
        "ne fait pas référence à des règles valides",
    ),
    (
        "is already on the list",
        "befindet sich bereits auf der Liste",
        "est déjà dans la liste",
    ),
    (
        "of post already exists",
        "des Beitrags existiert bereits",
        "du message existe déjà",
    ),
    (
        "does not match the previous name",
        "entspricht nicht dem vorherigen Namen",
        "ne correspond pas au nom précédent",
    ),
];

/// Messages that stand alone, or in the list of errors of a record.
pub(super) const MESSAGES: &[Message] = &[
    (
        "Too many requests",
        "Zu viele Anfragen",
        "Trop de requêtes émises dans un délai donné",
    ),
    (
        "The access token is invalid",
        "Der Zugriffstoken ist ungültig",
        "Le jeton d’accès n’est pas valide",
    ),
    (
        "The access token was revoked",
        "Der Zugriffstoken wurde widerrufen",
        "Le jeton d’accès a été révoqué",
    ),
    (
        "The access token expired",
        "Der Zugriffstoken ist abgelaufen",
        "Le jeton d’accès a expiré",
    ),
    (
        "The post you are trying to reply to does not appear to exist.",
        "Der Beitrag, auf den du antworten möchtest, scheint nicht zu existieren.",
        "Le message auquel vous essayez de répondre ne semble pas exister.",
    ),
    (
        "The post you are trying to quote does not appear to exist.",
        "Der Beitrag, den du zitieren möchtest, scheint nicht zu existieren.",
        "Le message que vous essayez de citer ne semble pas exister.",
    ),
    (
        "Cannot quote a non-mentioned user in a Private Mention post.",
        "Nur ein erwähntes Profil kann in einer privaten Erwähnung zitiert werden.",
        "Impossible de citer un compte non mentionné dans une mention privée.",
    ),
    (
        "Posts that are only visible to mentioned users cannot be pinned",
        "Beiträge mit privaten Erwähnungen können nicht angeheftet werden",
        "Les messages qui ne sont visibles que pour les utilisateur·rice·s mentionné·e·s ne peuvent pas être épinglés",
    ),
    (
        "You have already pinned the maximum number of posts",
        "Du hast bereits die maximale Anzahl an Beiträgen angeheftet",
        "Vous avez déjà épinglé le nombre maximum de messages",
    ),
    (
        "Someone else's post cannot be pinned",
        "Du kannst nur eigene Beiträge anheften",
        "Vous ne pouvez pas épingler un message ne vous appartenant pas",
    ),
    (
        "A boost cannot be pinned",
        "Du kannst keine geteilten Beiträge anheften",
        "Un partage ne peut pas être épinglé",
    ),
    (
        "Cannot attach a video to a post that already contains images",
        "Es kann kein Video an einen Beitrag angehängt werden, der bereits Bilder enthält",
        "Impossible de joindre une vidéo à un message contenant déjà des images",
    ),
    (
        "Media {} not found or already attached to another post",
        "Medieninhalt(e) {} nicht gefunden oder bereits an einen anderen Beitrag angehängt",
        "Média {} introuvable ou déjà attaché à un autre message",
    ),
    (
        "Cannot attach files that have not finished processing. Try again in a moment!",
        "Dateien, die noch nicht verarbeitet wurden, können nicht angehängt werden. Warte einen Moment!",
        "Impossible de joindre les fichiers en cours de traitement. Réessayez dans un instant !",
    ),
    (
        "Cannot attach more than 4 files",
        "Mehr als vier Dateien können nicht angehängt werden",
        "Impossible de joindre plus de 4 fichiers",
    ),
    (
        "You have already voted on this poll",
        "An dieser Umfrage hast du bereits teilgenommen",
        "Vous avez déjà participé à ce sondage",
    ),
    (
        "The poll has already ended",
        "Diese Umfrage ist bereits beendet",
        "Ce sondage est déjà terminé",
    ),
    (
        "The chosen vote option does not exist",
        "Diese Auswahl existiert nicht",
        "L'option de vote choisie n'existe pas",
    ),
    (
        "You cannot vote in your own polls",
        "Du kannst an deinen eigenen Umfragen nicht selbst teilnehmen",
        "Vous ne pouvez pas voter à vos propres sondages",
    ),
    (
        "You have exceeded the limit of {} scheduled posts for today",
        "Du hast das Limit von {} geplanten Beiträgen für heute erreicht",
        "Vous avez dépassé la limite de {} messages planifiés par jour",
    ),
    (
        "You have exceeded the limit of {} scheduled posts",
        "Du hast das Limit für geplante Beiträge, das {} beträgt, erreicht",
        "Vous avez dépassé la limite de {} messages planifiés",
    ),
    (
        "You have reached the maximum number of lists",
        "Du hast die maximale Anzahl an Listen erreicht",
        "Vous avez atteint le nombre maximum de listes",
    ),
    (
        "These parameters cannot be changed from this application because they apply to more than one filter keyword. Use a more recent application or the web interface.",
        "Diese Parameter können von dieser Anwendung nicht geändert werden, da sie für mehr als ein Filterschlagwort gelten. Verwende eine aktuellere Anwendung oder das Webinterface.",
        "Ces paramètres ne peuvent pas être modifiés depuis cette application, car ils s'appliquent à plus d'un filtre de mot-clé. Utilisez une application plus récente ou l'interface web.",
    ),
    (
        "None or invalid context supplied",
        "Ungültiger oder fehlender Kontext übergeben",
        "Contexte invalide ou insuffisant",
    ),
    (
        "Limit of different reactions reached",
        "Limit für verschiedene Reaktionen erreicht",
        "Limite de réactions différentes atteinte",
    ),
    (
        "Following your own account is not allowed",
        "Es ist nicht erlaubt, deinem eigenen Konto zu folgen",
        "Suivre votre propre compte n'est pas autorisé",
    ),
    (
        "You must be already following the person you want to endorse",
        "Du musst dieser Person folgen, um sie empfehlen zu können",
        "Vous devez être déjà abonné·e à la personne que vous désirez recommander",
    ),
    (
        "You have already featured the maximum number of hashtags",
        "Du hast bereits die maximale Anzahl an Hashtags erreicht",
        "Vous avez déjà mis en avant le nombre maximum de hashtags",
    ),
    (
        "You cannot follow more than {} people",
        "Du kannst nicht mehr als {} Profilen folgen",
        "Vous ne pouvez pas suivre plus de {} personnes",
    ),
    (
        "is not a valid Ed25519 or Curve25519 key",
        "ist kein gültiger Ed25519- oder Curve25519-Schlüssel",
        "n’est pas une clé Ed25519 ou Curve25519 valide",
    ),
    (
        "This invite is not valid",
        "Diese Einladung ist ungültig",
        "Cette invitation n’est pas valide",
    ),
];

/// Titles of push messages by type of the notification. `{}` is the name of the account.
pub(super) const PUSH_TITLES: &[(&str, Message)] = &[
    (
        "favourite",
        (
            "{} favorited your post",
            "{} favorisierte deinen Beitrag",
            "{} a ajouté votre message à ses favoris",
        ),
    ),
    (
        "follow",
        (
            "{} is now following you",
            "{} folgt dir jetzt",
            "{} vous suit",
        ),
    ),
    (
        "follow_request",
        (
            "Pending follower: {}",
            "Ausstehende Follower-Anfragen: {}",
            "Abonné·e en attente\u{202f}: {}",
        ),
    ),
    (
        "mention",
        (
            "You were mentioned by {}",
            "{} erwähnte dich",
            "{} vous a mentionné·e",
        ),
    ),
    (
        "reblog",
        (
            "{} boosted your post",
            "{} teilte deinen Beitrag",
            "{} a partagé votre message",
        ),
    ),
    (
        "status",
        (
            "{} just posted",
            "{} veröffentlichte gerade einen Beitrag",
            "{} vient de publier",
        ),
    ),
    (
        "update",
        (
            "{} edited a post",
            "{} bearbeitete einen Beitrag",
            "{} a modifié un message",
        ),
    ),
    (
        "poll",
        (
            "A poll by {} has ended",
            "Eine Umfrage von {} ist beendet",
            "Un sondage de {} est terminé",
        ),
    ),
    (
        "quote",
        (
            "{} quoted your post",
            "{} zitierte deinen Beitrag",
            "{} a cité votre message",
        ),
    ),
    (
        "quoted_update",
        (
            "{} edited a post you have quoted",
            "{} bearbeitete einen von dir zitierten Beitrag",
            "{} a modifié un message que vous avez cité",
        ),
    ),
];
