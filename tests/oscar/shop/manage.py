"""Fill and change the shop.

`python manage.py stock STOCK.json` makes the database, with the products of that file (see tests/oscar/stock.py);
it prints a JSON object of product to path. `python manage.py unpublish PRODUCT` and `publish PRODUCT` do what the
shop's owner does in the dashboard, also while the shop is open.
"""

import json
import os
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import django


def stock(stock_file: Path) -> None:
    from django.apps import apps
    from django.conf import settings
    from django.contrib.staticfiles import finders
    from django.core.management import call_command
    from django.db import transaction
    from oscar.apps.catalogue.models import ProductClass, ProductRecommendation
    from oscar.apps.partner.models import Partner

    # A new shop has no old tables; replaying years of migrations would take longer than everything else together.
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    settings.MEDIA_ROOT.mkdir(exist_ok=True)
    shutil.copy(finders.find("oscar/img/image_not_found.jpg"), settings.MEDIA_ROOT)
    items = json.loads(stock_file.read_text(encoding="utf-8"))["products"]
    with transaction.atomic():
        kind = ProductClass.objects.create(name="Second-hand goods")
        partner = Partner.objects.create(name="Second Spring")
        products = {item["upc"]: add_product(item, kind, partner) for item in items}
        for item in items:
            for other in item["recommends"]:
                ProductRecommendation.objects.create(primary=products[item["upc"]], recommendation=products[other])
    call_command("update_index", verbosity=0)
    sys.stdout.write(json.dumps({upc: product.get_absolute_url() for upc, product in products.items()}))


def add_product(item, kind, partner):
    from django.core.files import File
    from oscar.apps.catalogue.categories import create_from_breadcrumbs
    from oscar.apps.catalogue.models import Product, ProductImage
    from oscar.apps.partner.models import StockRecord

    product = Product.objects.create(
        upc=item["upc"], title=item["title"], description=item["description"], product_class=kind
    )
    product.categories.add(create_from_breadcrumbs(item["category"]))
    sale = {"price": Decimal(item["price"]), "num_in_stock": item["in_stock"]}
    StockRecord.objects.create(product=product, partner=partner, partner_sku=item["upc"], **sale)
    for position, path in enumerate(map(Path, item["pictures"])):
        with path.open("rb") as picture:
            ProductImage(product=product, display_order=position).original.save(path.name, File(picture))
    return product


def set_public(upc: str, public: bool) -> None:
    from django.core.management import call_command
    from oscar.apps.catalogue.models import Product

    product = Product.objects.get(upc=upc)
    product.is_public = public
    product.save()
    call_command("update_index", remove=True, verbosity=0)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    django.setup()
    command, argument = sys.argv[1:]
    if command == "stock":
        stock(Path(argument))
    elif command in ("publish", "unpublish"):
        set_public(argument, command == "publish")
    else:
        sys.exit(f"unknown command: {command}")


if __name__ == "__main__":
    main()
