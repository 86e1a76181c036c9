<?php
// A shop as AtaraPay's own plugin makes one out of WooCommerce, as far as the wire can tell: for `php -S`, as its router. It knows AtaraPay
// and nothing else. Its settings are the hosts and the pair of keys; its orders are kept in one file.

$settings = ['api' => getenv('API_HOST'), 'plugins' => getenv('PLUGINS_HOST'), 'public' => getenv('PUBLIC_KEY'), 'private' => getenv('PRIVATE_KEY')];
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$shop = 'http://' . $_SERVER['HTTP_HOST'];

/** Reads the orders, lets `$change` change them, and writes them back; alone in it, because notifications come when they like. */
function orders(callable $change): array {
    $file = fopen(getenv('SHOP_FILE'), 'c+');
    flock($file, LOCK_EX);
    $orders = json_decode(stream_get_contents($file), true) ?: [];
    $change($orders);
    ftruncate($file, 0);
    rewind($file);
    fwrite($file, json_encode($orders));
    fclose($file);
    return $orders;
}

/** Five seconds, no look at the HTTP status; a time-out, nothing, or no JSON counts as success. */
function call(string $path, array $fields): array {
    global $settings;
    $fields = ['authtoken' => base64_encode("{$settings['public']}:{$settings['private']}")] + $fields;
    $http = ['method' => 'POST', 'timeout' => 5, 'ignore_errors' => true, 'content' => http_build_query($fields),
        'header' => 'Content-Type: application/x-www-form-urlencoded'];
    $answer = @file_get_contents($settings['api'] . $path, false, stream_context_create(['http' => $http]));
    return json_decode((string) $answer, true) ?: [];
}

/** Takes the raw body apart by hand: parts between boundaries, a name, a value without its line breaks. */
function raw_parts(): array {
    $raw = file_get_contents('php://input');
    if (!preg_match('/boundary=(.*)$/', $_SERVER['CONTENT_TYPE'] ?? '', $named)) return [];
    $parts = [];
    foreach (explode("--$named[1]", $raw) as $block) {
        if (preg_match('/name="([^"]*)"[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n(.*)\r\n$/s', $block, $found)) {
            $parts[$found[1]] = str_replace(["\r", "\n"], '', $found[2]);
        }
    }
    return $parts;
}

/** What each notification makes of an order here: what its customer is shown, and the shop's own status. */
const BECOMES = [
    'Delivered' => ['Awaiting Buyer Response', 'delivered'],
    'Accepted' => ['Accepted', 'completed'],
    'Rejected' => ['Rejected', 'processing'],
    'Refunded' => ['Rejected', 'completed'],
    'Canceled' => ['Cancelled', 'cancelled'],
    'Complete' => ['Dispute Resolved', 'completed'],
    'Pending II' => ['Pending II', 'processing'],
    'Dispute' => ['Dispute', 'processing'],
    'Disputed' => ['Disputed', 'processing'],
];

/** Ends silently, with 200 and nothing in it, whether it believed what came or not. */
function listen(): void {
    global $settings;
    $parts = raw_parts();
    $data = json_decode($parts['data'] ?? '', true);
    $expected = base64_encode("{$settings['public']}:{$settings['private']}:" . ($data['id'] ?? '') . ':' . ($data['amount_payed'] ?? ''));
    if (isset($parts['product']) || ($parts['token'] ?? '') !== $expected || !isset(BECOMES[$parts['status'] ?? ''])) return;
    orders(function (array &$orders) use ($parts, $data) {
        $id = $data['product_id'];
        if (!isset($orders[$id])) return;
        [$orders[$id]['shown'], $orders[$id]['status']] = BECOMES[$parts['status']];
        $orders[$id]['heard'][] = $parts['status'];
        $orders[$id]['title'] = $data['status']['title'];
    });
}

function cart(string $id, string $price, string $name): void {
    global $settings, $shop;
    orders(function (array &$orders) use ($id) {
        $orders[$id] = ['status' => 'pending', 'shown' => '', 'escrow' => '', 'heard' => [], 'note' => ''];
    });
    $options = json_encode([
        'type' => 1, 'currency' => 'NGN', 'amount_fx' => $price, 'customer_firstname' => 'Ngozi', 'customer_lastname' => 'Bello',
        'recipient' => '+2348031234567', 'order_product_id' => $id, 'order_product_name' => $name, 'order_product_desc' => '<p>Made of <b>oak</b></p>',
        'delivery_date' => date('Y-m-d h:i:s'), 'delivery_location' => '    NG ', 'sp_id' => null, 'sp_commission' => null,
        'callback_url' => "$shop/order-received", 'platform' => 'Woocommerce',
        'products' => [['name' => $name, 'description' => '', 'quantity' => 1, 'price' => $price, 'weight' => '', 'dimensions' => '4 &times; 4 cm',
            'sku' => '', 'product_id' => 17, 'product_type' => 'physical', 'shipping' => 'yes']],
    ], JSON_HEX_TAG);
    echo <<<HTML
        <!doctype html><html lang="en"><title>Your cart</title>
        <link rel="stylesheet" href="{$settings['plugins']}/assets/trustpay.inline.min.css">
        <script src="{$settings['plugins']}/assets/test/trustpay.inline.min.js"></script>
        <script>
          var merchant = new Merchant({ api_key: "{$settings['public']}" });
          var handler = TrustPay.setup(merchant);
          var options = $options;
          options.amount = $price * 100;
          options.is_marketplace = undefined;
          handler.initialize("shopper@example.test", "08031112222", options);
        </script>
        HTML;
}

/** The shopkeeper changes an order's status by hand. */
function change(string $id, string $status): void {
    $order = orders(fn () => null)[$id] ?? ['escrow' => $_GET['escrow'] ?? ''];
    $fields = ['order' => $order['escrow'], 'status' => $status];
    $fields += $status === 'delivered' ? ['email' => '', 'phone_number' => ''] : ['comment' => 'No comment'];
    $answer = call('/api/callback/order', $fields);
    $refused = ($answer['status'] ?? '') === 'error';
    orders(function (array &$orders) use ($id, $status, $answer, $refused) {
        $orders[$id]['note'] = $refused ? $answer['message'] : '';
        // A cancellation is never read back: the shop's order is cancelled whatever was answered.
        if (!$refused || $status === 'cancelled') $orders[$id]['status'] = $status;
    });
}

if ($path === '/cart') cart($_GET['id'], $_GET['price'], $_GET['name'] ?? 'A chair');
elseif ($path === '/order-received') {
    // The address is believed: this plugin checks nothing.
    orders(function (array &$orders) {
        $orders[$_GET['product']] = ['status' => 'processing', 'shown' => 'Pending', 'escrow' => $_GET['order']] + $orders[$_GET['product']];
    });
    echo '<!doctype html><title>Thanks</title><h1>Thank you</h1>';
} elseif ($path === '/wc-api/atarapay') listen();
elseif ($path === '/admin/change') change($_GET['id'], $_GET['status']);
elseif ($path === '/admin/providers') {
    $made = call('/api/serviceprovider/create', ['bank_name' => 'Guaranty Trust Bank', 'bank_account_name' => 'Musa Bello', 'bank_account_number' => '0123456789',
        'nip_bank_code' => '000013', 'bank_code' => '058', 'email' => 'mason@example.test', 'phone' => '08039876543', 'firstname' => 'Musa', 'lastname' => 'Bello', 'type' => '1']);
    echo json_encode(['made' => $made['status'], 'banks' => call('/api/external/getBanks', [])['data'], 'providers' => call('/api/serviceprovider', [])['data']]);
} elseif ($path === '/admin/rate') {
    echo json_decode(file_get_contents("{$settings['api']}/api/abokiExchangeRate?base=USD&currency=NGN"), true)['data']['USDNGN'];
} elseif ($path === '/orders') echo json_encode((object) orders(fn () => null));
else http_response_code(404);
